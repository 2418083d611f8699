import { ingressAnswer } from './caddy-model.ts';
import { answerConsul } from './consul/route.ts';
import { consulRoutes } from './consul-model.ts';
import { deliverySchema, keepDelivery } from './delivery.ts';
import { faultSchema, type PlacedFault } from './faults.ts';
import { unitLog } from './log.ts';
import { answerNomad } from './nomad/route.ts';
import { nomadRoutes } from './nomad-model.ts';
import { type Answer, json, noReply, plainText, replyOf } from './replies.ts';
import { asRoot, lets } from './root.ts';
import { createReader, type Machine, settleMachines } from './settle.ts';
import { emulatedCaller, letsSshIn } from './ssh-firewall.ts';
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
      const refused = closed(machine, port, state);
      if (refused !== undefined) return noReply(refused);
      const { headers, method } = request;
      return replyOf(answerOf({ machine, state, port, now, headers }, method, url, text), name, now);
    },
    deliver: async (name, request) => {
      const text = await request.text();
      const { now, state, machine } = look(name);
      if (machine === undefined) return noServer(name);
      const files = deliverySchema.safeParse(bodyOf(text)?.value);
      if (!files.success) return replyOf(plainText(files.error.message, 422), name, now);
      if (machine.boot.report.stage === 'unreachable') return noReply(noLogin(machine));
      keepDelivery(state, machine.row, files.data, now);
      return replyOf(json({ installed: files.data.map((file) => file.path) }), name, now);
    },
    root: async (name, request) => {
      const text = await request.text();
      const { now, state, machine } = look(name);
      if (machine === undefined) return noServer(name);
      if (machine.boot.report.stage === 'unreachable') return noReply(noLogin(machine));
      return replyOf(asRoot(machine, state, bodyOf(text)?.value), name, now);
    },
    caller: () => emulatedCaller,
    letsIn: (name) => letsSshIn(world, name),
    lets: (name, key) => {
      const { state, machine } = look(name);
      const keys = world.serverFacts.get(machine?.row.id ?? -1)?.sshKeys ?? [];
      return machine === undefined || lets(state, machine.row, keys, key);
    },
    log: (name, unit, lines) => {
      const { now, state, machine } = look(name);
      if (machine === undefined) return noServer(name);
      if (machine.boot.report.stage === 'unreachable') return noReply(noLogin(machine));
      return replyOf(plainText(unitLog(machine, state, unit).slice(-lines).join('\n'), 200), name, now);
    },
    boot: (name) => look(name).machine?.boot.report ?? { stage: 'unreachable', detail: `there is no server ${name}` },
    targetHealth: (serverId, port) => {
      const now = clock.now();
      const { machines, state } = settleMachines(world, read, now);
      const machine = machines.find(({ row }) => row.id === serverId);
      if (machine === undefined) return 'unknown';
      return closed(machine, port, state) === undefined ? 'healthy' : 'unhealthy';
    },
  };
};

const noServer = (name: string): Response =>
  new Response(JSON.stringify({ error: { code: 'not_found', message: `there is no server ${name}` } }), {
    status: 404,
    headers: { 'content-type': 'application/json' },
  });

const noLogin = ({ row, boot }: Machine): string =>
  row.running
    ? `connection refused on port 22 of ${row.name}: ${boot.report.detail ?? ''}`
    : `${row.name} is not running`;

const webPorts = [80, 443];

/** Why nothing answers on this port; undefined when something listens. */
const closed = ({ row, config, boot, cluster }: Machine, port: number, state: MachinesState): string | undefined => {
  if (!row.running) return `${row.name} is not running`;
  const nomad = cluster !== null && state.clusters[cluster]?.nomadSince[row.name] !== undefined;
  const listens =
    boot.servicesSince !== null &&
    (config.consul?.ports.includes(port) === true ||
      (nomad && config.nomad?.ports.includes(port) === true) ||
      (webPorts.includes(port) && config.caddy));
  return listens ? undefined : `connection refused on port ${port} of ${row.name}`;
};

interface Asked {
  readonly machine: Machine;
  readonly state: MachinesState;
  readonly port: number;
  readonly now: number;
  readonly headers: Headers;
}

const answerOf = ({ machine, state, port, now, headers }: Asked, method: string, url: URL, text: string): Answer => {
  const cluster = machine.cluster === null ? undefined : state.clusters[machine.cluster];
  const { faults } = state;
  if (webPorts.includes(port)) {
    const token = machine.config.consul?.acl === true ? (machine.delivery?.ingressToken ?? '') : null;
    return ingressAnswer({ cluster, faults, now, token }, { host: hostIn(headers, url), path: url.pathname });
  }
  const system = machine.config.consul?.ports.includes(port) === true ? 'consul' : 'nomad';
  const fault = apiFault(state, machine.row.name, system, url.pathname);
  if (fault !== undefined) return fault;
  if (cluster === undefined) return plainText('No cluster leader', 500);
  const parsed = bodyOf(text);
  if (parsed === undefined) return plainText('invalid character in request body', 400);
  const deps = { cluster, faults, now, body: parsed.value };
  const request = { method, url, secret: secretIn(headers, system), enforced: machine.config[system]?.acl === true };
  const answer =
    system === 'consul'
      ? answerConsul(
          consulRoutes,
          { ...deps, agent: machine.row.name, datacenter: machine.config.consul?.datacenter ?? 'dc1' },
          request,
        )
      : answerNomad(nomadRoutes, deps, request);
  return answer ?? unknownRoute(system, method, url);
};

const hostIn = (headers: Headers, url: URL): string =>
  (headers.get('x-emulator-host') ?? headers.get('host'))?.replace(/:\d+$/, '') ?? url.hostname;
const secretIn = (headers: Headers, system: 'consul' | 'nomad'): string | null =>
  headers.get(`x-${system}-token`) ?? /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1] ?? null;

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
