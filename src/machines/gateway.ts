import { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import type { BootStatus, Fetch, Machines, MachineTarget } from '../ports/machines.ts';

const bootSchema = z.object({
  stage: z.enum(['unreachable', 'running', 'done', 'error']),
  detail: z.string().optional(),
});

/**
 * Machines of an emulated cloud, reached through its gateway beside the API:
 * `<origin>/_emulator/machines/<server>/boot` and `…/<server>/<port>/<path>`.
 */
export const createGatewayMachines = (access: {
  readonly fetch: Fetch;
  readonly endpoint: string;
  readonly token: Secret;
}): Machines => ({
  bootStatus: (target) => bootStatus(access, target),
  fetchThrough: (target) => (request) => through(access, target, request),
});
type Access = Parameters<typeof createGatewayMachines>[0];

const gatewayUrl = (endpoint: string, name: string): string =>
  `${new URL(endpoint).origin}/_emulator/machines/${encodeURIComponent(name)}`;

const bootStatus = async (access: Access, target: MachineTarget): Promise<BootStatus> => {
  const headers = { authorization: `Bearer ${access.token.reveal()}` };
  let response: Response;
  try {
    response = await access.fetch(new Request(`${gatewayUrl(access.endpoint, target.name)}/boot`, { headers }));
  } catch (error) {
    return { stage: 'unreachable', because: error instanceof Error ? error.message : String(error) };
  }
  const text = await response.text();
  if (response.status === 404) return { stage: 'unreachable', because: `there is no server ${target.name}` };
  if (!response.ok)
    throw new Failure(`the gateway to ${target.name} refused: ${response.status} ${text.slice(0, 300)}`);
  const boot = bootSchema.parse(JSON.parse(text));
  switch (boot.stage) {
    case 'unreachable':
      return { stage: 'unreachable', because: boot.detail ?? 'it is not running' };
    case 'done':
      return { stage: 'done' };
    default:
      return { stage: boot.stage, detail: boot.detail ?? '' };
  }
};

/** Replies of the machine itself carry its name here; without it the gateway speaks: no such server, port closed. */
const machineHeader = 'x-emulator-machine';

const through = async (access: Access, target: MachineTarget, request: Request): Promise<Response> => {
  const url = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set('authorization', `Bearer ${access.token.reveal()}`);
  const body = request.body === null ? undefined : await request.text();
  const forwarded = new Request(
    `${gatewayUrl(access.endpoint, target.name)}/${url.port || '80'}${url.pathname}${url.search}`,
    { method: request.method, headers, signal: request.signal, ...(body === undefined ? {} : { body }) },
  );
  const response = await access.fetch(forwarded);
  if (response.headers.get(machineHeader) !== null) return response;
  const said = (await response.text()).slice(0, 300);
  throw new Error(`${target.name} port ${url.port || '80'}: ${said || `gateway answered ${response.status}`}`);
};
