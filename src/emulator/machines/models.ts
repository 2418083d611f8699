import { ingressAnswer } from './caddy-model.ts';
import { consulRoutes } from './consul-model.ts';
import { faultSchema, type PlacedFault } from './faults.ts';
import { nomadRoutes } from './nomad-model.ts';
import { type Answer, findRoute, json, noReply, plainText, replyOf } from './replies.ts';
import { createReader, type Machine, settleMachines } from './settle.ts';
import type { MachinesState } from './state.ts';
import type { CreateMachineModels } from './types.ts';

/** Where the faults of a machine are set: no port that a machine could listen on. */
export const faultPort = 0;

/** Machines without processes: everything follows from the world's rows and the time. */
export const createMachineModels: CreateMachineModels = ({ world, clock }) => {
  const read = createReader();
  const look = (name: string) => {
    const now = clock.now();
    const settled = settleMachines(world, read, now);
    return { now, state: settled.state, machine: settled.machines.find(({ row }) => row.name === name) };
  };
  return {
    handle: async (name, port, request) => {
      const url = new URL(request.url);
      const text = request.method === 'GET' ? '' : await request.text();
      const { now, state, machine } = look(name);
      if (machine === undefined) return noServer(name);
      if (port === faultPort) return setFaults(state, name, request.method, text);
      const refused = closed(machine, port);
      if (refused !== undefined) return noReply(refused);
      return replyOf(answerOf({ machine, state, port, now }, request.method, url, text), name, now);
    },
    boot: (name) => look(name).machine?.boot.report ?? { stage: 'unreachable', detail: `there is no server ${name}` },
    targetHealth: (serverId, port) => {
      const now = clock.now();
      const { machines } = settleMachines(world, read, now);
      const machine = machines.find(({ row }) => row.id === serverId);
      if (machine === undefined) return 'unknown';
      return closed(machine, port) === undefined ? 'healthy' : 'unhealthy';
    },
  };
};

const noServer = (name: string): Response =>
  new Response(JSON.stringify({ error: { code: 'not_found', message: `there is no server ${name}` } }), {
    status: 404,
    headers: { 'content-type': 'application/json' },
  });

const ports = { consul: 8500, nomad: 4646, http: 80, https: 443 } as const;

/** Why nothing answers on this port; undefined when something listens. */
const closed = ({ row, config, boot }: Machine, port: number): string | undefined => {
  if (!row.running) return `${row.name} is not running`;
  const listens =
    boot.servicesSince !== null &&
    ((port === ports.consul && config.consul !== null) ||
      (port === ports.nomad && config.nomad !== null) ||
      ((port === ports.http || port === ports.https) && config.caddy));
  return listens ? undefined : `connection refused on port ${port} of ${row.name}`;
};

interface Asked {
  readonly machine: Machine;
  readonly state: MachinesState;
  readonly port: number;
  readonly now: number;
}

const answerOf = ({ machine, state, port, now }: Asked, method: string, url: URL, text: string): Answer => {
  const cluster = machine.cluster === null ? undefined : state.clusters[machine.cluster];
  const { faults } = state;
  if (port === ports.http || port === ports.https) return ingressAnswer({ cluster, faults, now }, url.pathname);
  const system = port === ports.consul ? 'consul' : 'nomad';
  const fault = apiFault(state, machine.row.name, system, url.pathname);
  if (fault !== undefined) return fault;
  if (cluster === undefined) return plainText('No cluster leader', 500);
  const parsed = bodyOf(text);
  if (parsed === undefined) return plainText('invalid character in request body', 400);
  if (system === 'consul') {
    const found = findRoute(consulRoutes, method, url.pathname);
    return (
      found?.route.answer({ cluster, faults, datacenter: 'dc1', now }, found.params, url.searchParams) ??
      unknownRoute(system, method, url)
    );
  }
  const found = findRoute(nomadRoutes, method, url.pathname);
  return (
    found?.route.answer({ cluster, faults, now, body: parsed.value }, found.params, url.searchParams) ??
    unknownRoute(system, method, url)
  );
};

const bodyOf = (text: string): { readonly value: unknown } | undefined => {
  if (text === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

const unknownRoute = (system: 'consul' | 'nomad', method: string, url: URL): Answer =>
  plainText(
    `the emulated ${system} has no ${method} ${url.pathname}: add it in src/emulator/machines/${system}-model.ts`,
    501,
  );

/** A counted fault goes away with its last strike. */
const apiFault = (
  state: MachinesState,
  machine: string,
  system: 'consul' | 'nomad',
  path: string,
): Answer | undefined => {
  const fault = state.faults.find(
    (one) => one.kind === 'api-error' && one.machine === machine && one.system === system && path.startsWith(one.path),
  );
  if (fault?.kind !== 'api-error') return undefined;
  if (fault.times !== undefined) {
    fault.times -= 1;
    if (fault.times <= 0) state.faults = state.faults.filter((one) => one !== fault);
  }
  return plainText(fault.text, fault.status);
};

/** GET lists, POST adds one, DELETE removes all of this machine. */
const setFaults = (state: MachinesState, machine: string, method: string, text: string): Response => {
  if (method === 'DELETE') state.faults = state.faults.filter((one) => one.machine !== machine);
  if (method === 'POST') {
    const fault = faultSchema.safeParse(bodyOf(text)?.value);
    if (!fault.success) return replyOf(plainText(fault.error.message, 422), machine, 0);
    state.faults.push({ ...fault.data, machine } as PlacedFault);
  }
  return replyOf(json({ faults: state.faults.filter((one) => one.machine === machine) }), machine, 0);
};
