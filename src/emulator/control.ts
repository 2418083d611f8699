import { z } from 'zod';
import type { Actions } from './actions.ts';
import type { Clock } from './clock.ts';
import { isoOf } from './context.ts';
import { ApiError, invalidInput } from './errors.ts';
import { faultBodySchema } from './fault-schema.ts';
import type { FaultBook } from './faults.ts';
import { noReply } from './machines/replies.ts';
import type { MachineModels } from './machines/types.ts';
import type { RequestRecord } from './pipeline.ts';
import type { RateLimit } from './rate-limit.ts';
import { errorReply, jsonReply } from './replies.ts';
import { stockKey } from './stock.ts';
import type { World } from './world.ts';

/*
 * `/_emulator/...`: what the real cloud has no word for. With the API's token, outside its rate limit.
 *   GET    /_emulator                 {kind, version, now, date, caller?}: caller is where requests to machines come from
 *   POST   /_emulator/clock           {advance_ms}: only where the clock is virtual
 *   GET POST DELETE /_emulator/faults a FaultRule, or {draw: DrawnFaults}; see faults.ts
 *   GET    /_emulator/requests        what was asked so far
 *   PUT    /_emulator/stock           {server_type, location, available}
 *   PUT    /_emulator/catalogue       {date?, vat_percent?}
 *   PUT    /_emulator/rate_limit      {remaining}
 *   GET    /_emulator/machines/<server name>/boot, ANY /_emulator/machines/<server name>/<port>/<path>
 *   A machine whose firewalls let the caller not in at port 22 gives no answer.
 *   Machines ask for x-ssh-key, a line for authorized_keys, when it is there.
 *   POST   /_emulator/machines/<server name>/root {read?, place?, remove?, admit?}: files and logins of root
 *   POST   /_emulator/machines/<server name>/deliver [{path, mode, owner, content}], GET …/log?unit=&lines=
 *   GET POST DELETE /_emulator/machines/<server name>/fault, see machines/faults.ts
 */
export const emulatorVersion = '1';
export type Control = (request: Request, url: URL, authorise: (request: Request) => void) => Promise<Response>;
export interface ControlDeps {
  readonly world: World;
  readonly clock: Clock;
  readonly faults: FaultBook;
  readonly rateLimit: RateLimit;
  readonly requests: readonly RequestRecord[];
  readonly machines: MachineModels | undefined;
  readonly actions: Actions;
}

const clockBody = z.object({ advance_ms: z.number().nonnegative() });
const stockBody = z.object({ server_type: z.string(), location: z.string(), available: z.boolean() });
const catalogueBody = z.object({ date: z.iso.date().optional(), vat_percent: z.number().min(0).max(100).optional() });
const logQuery = z.object({
  unit: z.string().default(''),
  lines: z.coerce.number().int().positive().max(1_000).catch(50),
});
const rateBody = z.object({ remaining: z.int().nonnegative() });

const bodyOf = async <Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.infer<Schema>> => {
  const value: unknown = await request.json().catch(() => {
    throw new ApiError('json_error', 'invalid JSON in request body');
  });
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidInput({ body: [parsed.error.message] });
  return parsed.data;
};

const bySsh = (): never => {
  throw new ApiError('not_found', 'these machines are reached by SSH');
};

/** As a client that waits for a connection says it: a firewall drops without a word. */
const dropped = 'no answer at port 22 within 10 s';

/** As sshd says it to a key that no line of authorized_keys has. */
const notLetIn = (port: string): Response =>
  port === 'boot'
    ? jsonReply({ stage: 'unreachable', detail: 'the login was refused' }, 200)
    : new Response('the login was refused', { status: 403 });

const machine = async (deps: ControlDeps, request: Request, url: URL, segments: string[]): Promise<Response> => {
  const [name = '', port = '', ...rest] = segments;
  if (deps.machines === undefined) throw new ApiError('not_found', 'there are no machines behind this emulator');
  // All of it stands for what goes over SSH, but the port where a model's own faults are set.
  if (port !== 'fault' && port !== '0' && deps.machines.letsIn?.(name) === false)
    return port === 'boot' ? jsonReply({ stage: 'unreachable', detail: dropped }, 200) : noReply(dropped);
  const key = request.headers.get('x-ssh-key');
  if (key !== null && deps.machines.lets?.(name, key) === false) return notLetIn(port);
  if (rest.length === 0 && port === 'root' && request.method === 'POST')
    return (await deps.machines.root?.(name, request)) ?? bySsh();
  if (rest.length === 0 && port === 'boot') return jsonReply(deps.machines.boot(name), 200);
  if (rest.length === 0 && port === 'deliver' && request.method === 'POST')
    return (await deps.machines.deliver?.(name, request)) ?? bySsh();
  if (rest.length === 0 && port === 'log') {
    const { unit, lines } = logQuery.parse(Object.fromEntries(url.searchParams));
    return deps.machines.log?.(name, unit, lines) ?? bySsh();
  }
  // Port 0: where a model's own faults are set.
  if (!/^\d+$/.test(port) && port !== 'fault')
    throw new ApiError('not_found', 'machines are reached at <server name>/<port>/<path>');
  const target = new URL(`http://${encodeURIComponent(name)}:${Number(port) || 80}/${rest.join('/')}${url.search}`);
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const headers = new Headers(request.headers);
  headers.delete('authorization');
  const body = hasBody ? await request.text() : null;
  return deps.machines.handle(
    name,
    port === 'fault' ? 0 : Number(port),
    new Request(target, { method: request.method, headers, body }),
  );
};

const faultsOf = async ({ faults }: ControlDeps, request: Request): Promise<Response> => {
  if (request.method === 'DELETE') faults.clear();
  if (request.method === 'POST') {
    const body = await bodyOf(request, faultBodySchema);
    if ('draw' in body) faults.draw(body.draw);
    else faults.add(body);
  }
  return jsonReply({ faults: faults.rules() }, 200);
};

const settings = async (deps: ControlDeps, request: Request, what: string): Promise<Response> => {
  const { world, clock } = deps;
  if (what === 'clock') {
    const { advance_ms } = await bodyOf(request, clockBody);
    if (clock.advance === undefined) throw new ApiError('unsupported_error', 'this clock goes by itself');
    await clock.advance(advance_ms);
    deps.actions.settle();
    return jsonReply({ now: isoOf(clock.now()) }, 200);
  }
  if (what === 'stock') {
    const { server_type, location, available } = await bodyOf(request, stockBody);
    world.state.stock[stockKey(server_type, location)] = available;
    return jsonReply({ stock: world.state.stock }, 200);
  }
  if (what === 'catalogue') {
    const { date, vat_percent } = await bodyOf(request, catalogueBody);
    world.state.date = date ?? world.state.date;
    world.state.vatPercent = vat_percent ?? world.state.vatPercent;
    return jsonReply({ date: world.state.date, vat_percent: world.state.vatPercent }, 200);
  }
  const { remaining } = await bodyOf(request, rateBody);
  deps.rateLimit.setRemaining(remaining);
  return jsonReply({ remaining }, 200);
};

export const createControl =
  (deps: ControlDeps): Control =>
  async (request, url, authorise) => {
    const [what = '', ...rest] = url.pathname.split('/').slice(2).map(decodeURIComponent);
    try {
      authorise(request);
      deps.actions.settle();
      if (what === '') {
        const { date } = deps.world.state;
        const kind = deps.machines?.kind ?? 'simulated';
        const caller = deps.machines?.caller?.();
        const now = isoOf(deps.clock.now());
        return jsonReply(
          { kind, version: emulatorVersion, now, date, ...(caller === undefined ? {} : { caller }) },
          200,
        );
      }
      if (what === 'machines') return await machine(deps, request, url, rest);
      if (what === 'faults') return await faultsOf(deps, request);
      if (what === 'requests') return jsonReply({ requests: deps.requests }, 200);
      if (['clock', 'stock', 'catalogue', 'rate_limit'].includes(what)) return await settings(deps, request, what);
      throw new ApiError('not_found', `the emulator has no /_emulator/${what}`);
    } catch (error) {
      if (error instanceof ApiError) return errorReply(error);
      throw error;
    }
  };
