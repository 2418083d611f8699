import { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import type { MachineFiles } from '../ports/entry.ts';
import type { BootStatus, DeliveredFile, Machines, MachineTarget } from '../ports/machines.ts';
import { authorised, type GatewayAccess, gatewayUrl } from './access.ts';
import { asRoot, filesOf, placed } from './root.ts';

const bootSchema = z.object({
  stage: z.enum(['unreachable', 'running', 'done', 'error']),
  detail: z.string().optional(),
  awaitsFiles: z.boolean().optional(),
  timings: z.array(z.object({ what: z.string(), ms: z.number() })).optional(),
});

/**
 * Machines of an emulated cloud, reached through its gateway beside the API: `<origin>/_emulator/machines/<server>/boot`,
 * `…/deliver`, `…/log` and `…/<server>/<port>/<path>`. There is no TLS behind it: `https` and a CA are taken as read.
 */
export const createGatewayMachines = (access: GatewayAccess): Machines & MachineFiles => ({
  bootStatus: (target) => bootStatus(access, target),
  fetchThrough: (target) => (request) => through(access, target, request),
  deliver: (target, files) => deliver(access, target, files),
  logTail: (target, unit, lines) => logTail(access, target, unit, lines),
  readFiles: async (target, read) => filesOf(await asRoot(access, target, access.ourKey?.(), { read })),
  placeFile: async (target, file) => void (await asRoot(access, target, access.ourKey?.(), placed(file))),
  removeFile: async (target, path) => void (await asRoot(access, target, access.ourKey?.(), { remove: path })),
  close: async () => undefined,
});
const bootStatus = async (access: GatewayAccess, target: MachineTarget): Promise<BootStatus> => {
  let response: Response;
  try {
    response = await access.fetch(
      new Request(`${gatewayUrl(access, target.name)}/boot`, { headers: authorised(access) }),
    );
  } catch (error) {
    return { stage: 'unreachable', because: error instanceof Error ? error.message : String(error) };
  }
  const text = await response.text();
  if (response.status === 404) return { stage: 'unreachable', because: `there is no server ${target.name}` };
  if (!response.ok) throw refusal(target, response.status, text);
  return statusOf(bootSchema.parse(JSON.parse(text)));
};

const statusOf = ({ stage, detail = '', awaitsFiles, timings }: z.infer<typeof bootSchema>): BootStatus => {
  switch (stage) {
    case 'unreachable':
      return { stage, because: detail || 'it is not running' };
    case 'done':
      return { stage, ...(timings === undefined ? {} : { timings }) };
    case 'running':
      return { stage, detail, ...(awaitsFiles === undefined ? {} : { awaitsFiles }) };
    case 'error':
      return { stage, detail };
  }
};

const refusal = (target: MachineTarget, status: number, text: string): Failure =>
  new Failure(`the gateway to ${target.name} refused: ${status} ${text.slice(0, 300)}`, {
    next: 'see whether the server runs (reconcile status <target>), then run the command again',
  });

const deliver = async (
  access: GatewayAccess,
  target: MachineTarget,
  files: readonly DeliveredFile[],
): Promise<void> => {
  const body = files.map(({ path, mode, owner, content }) => ({
    path,
    mode,
    owner,
    content: typeof content === 'string' ? content : content.reveal(),
  }));
  const response = await access.fetch(
    new Request(`${gatewayUrl(access, target.name)}/deliver`, {
      method: 'POST',
      headers: { ...authorised(access), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
  const text = await response.text();
  if (!response.ok) throw refusal(target, response.status, text);
};

const logTail = async (access: GatewayAccess, target: MachineTarget, unit: string, lines: number): Promise<string> => {
  const query = new URLSearchParams({ unit, lines: String(Math.trunc(lines)) });
  const response = await access.fetch(
    new Request(`${gatewayUrl(access, target.name)}/log?${query}`, { headers: authorised(access) }),
  );
  const text = await response.text();
  if (!response.ok) throw refusal(target, response.status, text);
  return text;
};

/** Replies of the machine itself carry its name here; without it the gateway speaks: no such server, port closed. */
const machineHeader = 'x-emulator-machine';
const hostHeader = 'x-emulator-host';

const through = async (access: GatewayAccess, target: MachineTarget, request: Request): Promise<Response> => {
  const url = new URL(request.url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(authorised(access))) headers.set(name, value);
  // Over a socket fetch writes the gateway's own name into Host, whatever it was given (fetch.spec.whatwg.org).
  const host = headers.get('host');
  if (host !== null) headers.set(hostHeader, host);
  const body = request.body === null ? undefined : await request.text();
  const forwarded = new Request(`${gatewayUrl(access, target.name)}/${port}${url.pathname}${url.search}`, {
    method: request.method,
    headers,
    signal: request.signal,
    ...(body === undefined ? {} : { body }),
  });
  const response = await access.fetch(forwarded);
  if (response.headers.get(machineHeader) !== null) return response;
  const said = (await response.text()).slice(0, 300);
  throw new Error(`${target.name} port ${port}: ${said || `gateway answered ${response.status}`}`);
};
