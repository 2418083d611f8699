import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { LoadBalancer } from '../../hetzner/wire/load-balancers.ts';
import { LocalWorldError } from '../world-file.ts';
import { type ArchiveFile, archiveOf } from './archive.ts';
import { certificateFiles } from './balancer-certificates.ts';
import { balancerConfig } from './balancer-config.ts';
import { type HealthTable, healthIn, parseStats } from './balancer-health.ts';
import { balancerTargets, targetName } from './balancer-targets.ts';
import type { BalancerPart, FoundContainer, WorldContext } from './types.ts';

/*
 * One HAProxy per load balancer row, in a container at the row's public address. Its files are made from the rows and
 * sent when their hash is another than that of the files there. What this process sent last is kept in mind to spare
 * the question; others write only what the same rows say.
 */
const folder = fileURLToPath(new URL('../../../docker/balancer/', import.meta.url));
const programs = ['run', 'network', 'receive', 'stats'] as const;
const programLabel = 'emulated-program';

interface Desired {
  readonly row: LoadBalancer;
  readonly files: readonly ArchiveFile[];
  /** Of everything above. */
  readonly hash: string;
  /** Docker networks of its private ones. */
  readonly wires: readonly string[];
}
interface Looked {
  readonly row: LoadBalancer;
  readonly table: HealthTable;
}

export const createBalancerPart = (): BalancerPart => {
  /** Container to the hash of the files that it has. */
  const sent = new Map<string, string>();
  let looked: ReadonlyMap<number, Looked> = new Map();
  return {
    sync: async (context) => {
      const rows = context.world.loadBalancers.all();
      const there = context.found.filter((one) => one.kind === 'balancer');
      const surplus = there.filter((one) => !rows.some((row) => String(row.id) === one.thing));
      await allOf([
        ...surplus.map((one) => remove(context, one)),
        ...rows.map((row) =>
          syncOne(
            context,
            row,
            there.find((one) => one.thing === String(row.id)),
            sent,
          ),
        ),
      ]);
    },
    look: async (context) => {
      const rows = context.world.loadBalancers.all();
      const found = await Promise.all(rows.map((row) => lookAt(context, row)));
      looked = new Map(found.filter((one) => one !== undefined).map((one) => [one.row.id, one]));
    },
    targetHealth: (serverId, port, balancerId) => {
      for (const [id, { row, table }] of looked) {
        if (balancerId !== undefined && id !== balancerId) continue;
        for (const service of row.services) {
          if (service.health_check.port !== port) continue;
          const { status } = healthIn(table, service.listen_port, targetName(serverId));
          if (status !== 'unknown') return status;
        }
      }
      return 'unknown';
    },
  };
};

/** Everything is tried; the first failure is thrown at the end. */
const allOf = async (works: readonly Promise<void>[]): Promise<void> => {
  const results = await Promise.allSettled(works);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
};

const remove = async ({ engine }: WorldContext, container: FoundContainer): Promise<void> => {
  await engine.run(['rm', '-f', '-v', container.id]);
};

const syncOne = async (
  context: WorldContext,
  row: LoadBalancer,
  found: FoundContainer | undefined,
  sent: Map<string, string>,
): Promise<void> => {
  const { engine, names } = context;
  const desired = await desiredOf(context, row);
  const program = await programHash();
  const name = names.balancer(row.id);
  // One that was made but never started may lack its files: a crash came between.
  const good = found?.labels[programLabel] === program && found.state !== 'created';
  if (found !== undefined && !good) await remove(context, found);
  if (found === undefined || !good) {
    const id = await create(context, desired, program);
    sent.set(id, desired.hash);
    return;
  }
  if (found.state === 'running' && sent.get(found.id) === desired.hash) return;
  await attach(context, name, desired.wires, Object.keys(found.networks));
  if (found.state !== 'running') await engine.run(['start', name]);
  if (sent.get(found.id) === undefined) sent.set(found.id, await hashThere(context, name));
  if (sent.get(found.id) !== desired.hash) await send(context, name, desired);
  sent.set(found.id, desired.hash);
};

const desiredOf = async (context: WorldContext, row: LoadBalancer): Promise<Desired> => {
  const { world, directory, names } = context;
  const [attached] = row.private_net;
  const network = attached && world.networks.get(attached.network);
  const place = [row.public_net.ipv4.ip, attached?.ip ?? '-', network?.ip_range ?? '-'].join(' ');
  const files = [
    { path: 'haproxy.cfg', content: balancerConfig(row, balancerTargets(world, row)), mode: 0o600 },
    { path: 'network', content: `${place}\n` },
    ...(await certificateFiles(world, directory, row, context.now())),
  ];
  const hash = hashOf(files);
  const wires = attached === undefined ? [] : [names.wire(attached.network)];
  return { row, files: [...files, { path: 'hash', content: hash }], hash, wires };
};

const hashOf = (files: readonly ArchiveFile[]): string => {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(`${path}\0`).update(content).update('\0');
  return hash.digest('hex');
};

const programFiles = (): Promise<ArchiveFile[]> =>
  Promise.all(programs.map(async (path) => ({ path, content: await readFile(`${folder}${path}`) })));
let programKnown: string | undefined;
/** Changes with the programs, so that a balancer of an older version of this tool is made anew. */
const programHash = async (): Promise<string> => {
  programKnown ??= hashOf(await programFiles()).slice(0, 16);
  return programKnown;
};

/** The container with its files in it before it starts. Answers its id. */
const create = async (context: WorldContext, desired: Desired, program: string): Promise<string> => {
  const { engine, names, image } = context;
  const { row, files, wires } = desired;
  const name = names.balancer(row.id);
  const ip = row.public_net.ipv4.ip;
  if (ip === null) throw new LocalWorldError(`load balancer ${row.name} has no public address`, 'Make it anew');
  const created = await engine.run([
    'create',
    '--name',
    name,
    '--hostname',
    row.name.replace(/[^A-Za-z0-9-]/g, '-').slice(0, 60),
    ...names.labels('balancer', row.id, { [programLabel]: program }),
    ...['--network', names.publicNetwork, '--ip', ip],
    ...['--cap-add', 'NET_ADMIN', '--stop-signal', 'SIGTERM'],
    image,
    ...['sh', '/etc/balancer/run'],
  ]);
  const current = files.map((file) => ({ ...file, path: `balancer/current/${file.path}` }));
  const own = (await programFiles()).map((file) => ({ ...file, path: `balancer/${file.path}` }));
  await engine.run(['cp', '-', `${name}:/etc`], { input: archiveOf([...own, ...current], context.now()) });
  await attach(context, name, wires, []);
  await engine.run(['start', name]);
  return created.trim();
};

/** Exactly these private networks, besides the public one. */
const attach = async (
  { engine, names }: WorldContext,
  name: string,
  wires: readonly string[],
  there: readonly string[],
): Promise<void> => {
  const surplus = there.filter((one) => one !== names.publicNetwork && !wires.includes(one));
  for (const wire of surplus) await engine.run(['network', 'disconnect', wire, name]);
  for (const wire of wires.filter((one) => !there.includes(one))) await engine.run(['network', 'connect', wire, name]);
};

const hashThere = async ({ engine }: WorldContext, name: string): Promise<string> =>
  (await engine.attempt(['exec', name, 'cat', '/etc/balancer/current/hash'])).stdout.trim();

const send = async ({ engine, now }: WorldContext, name: string, { row, files }: Desired): Promise<void> => {
  const input = archiveOf(files, now());
  const { code, stdout, stderr } = await engine.attempt(['exec', '-i', name, 'sh', '/etc/balancer/receive'], { input });
  if (code === 0) return;
  const why = `${stderr}${stdout}`.trim().split('\n').slice(-3).join('; ');
  throw new LocalWorldError(
    `load balancer ${row.name} does not take its new configuration: ${why}`,
    `It goes on with the one before; look at: docker logs ${name}`,
  );
};

/** Undefined: it does not run (yet), so nobody checks anything. */
const lookAt = async ({ engine, names }: WorldContext, row: LoadBalancer): Promise<Looked | undefined> => {
  const asked = await engine.attempt(['exec', names.balancer(row.id), 'python3', '/etc/balancer/stats']);
  return asked.code === 0 ? { row, table: parseStats(asked.stdout) } : undefined;
};
