import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import { holds, ipv4Of, ipv4Text, overlaps, type Range, rangeOf, rangeText } from '../addresses.ts';
import type { World } from '../world.ts';
import { LocalWorldError } from '../world-file.ts';
import { linesOf } from './found.ts';
import { ofWorld } from './names.ts';
import type { Engine, PublicSide, WorldContext } from './types.ts';

/*
 * Everything lies in 198.18.0.0/15, which is reserved for benchmarks (RFC 2544): public sides in its lower half, a /24
 * per world; the wires behind private networks in its upper half, a /24 each, whose addresses nobody sees.
 */
const publicBlock = '198.18.0.0/16';
const wireBlock = '198.19.0.0/16';
const hosts = { gateway: 254, services: 253 };

/** Addresses on a wire: ours are chosen from the lower ones, the engine chooses from the upper quarter. */
const chosenOnWire = { first: 2, last: 190 };
const engineShare = { offset: 192, prefix: 26 };

export const publicSideOf = (range: string): PublicSide => {
  const first = rangeOf(range)?.first ?? 0;
  return { range, gateway: ipv4Text(first + hosts.gateway), services: ipv4Text(first + hosts.services) };
};

const slices = (block: string): Range[] => {
  const whole = rangeOf(block);
  if (whole === undefined) return [];
  const size = 256;
  const count = (whole.end - whole.first) / size;
  return Array.from({ length: count }, (_, index) => {
    const first = whole.first + index * size;
    return { first, prefix: 24, end: first + size };
  });
};

const networkSchema = z.looseObject({
  Name: z.string(),
  IPAM: z.looseObject({ Config: z.array(z.looseObject({ Subnet: z.string().optional() })).nullish() }),
});

/** Ranges that this host uses already, for networks of the engine or otherwise. */
const takenRanges = async (engine: Engine): Promise<Range[]> => {
  const ids = linesOf(await engine.run(['network', 'ls', '-q', '--no-trunc']));
  const { stdout } = await engine.attempt(['network', 'inspect', ...ids]);
  const subnets = z
    .array(networkSchema)
    .parse(JSON.parse(stdout))
    .flatMap(({ IPAM }) => (IPAM.Config ?? []).map(({ Subnet = '' }) => Subnet));
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ cidr }) => cidr ?? ''));
  return [...subnets, ...own].map(rangeOf).filter((range) => range !== undefined);
};

/** The free slice of the block that comes first from `start` on, so that worlds begin in different places. */
const freeSlice = async (engine: Engine, block: string, start: number): Promise<Range | undefined> => {
  const taken = await takenRanges(engine);
  const all = slices(block);
  const turned = [...all.slice(start % all.length), ...all.slice(0, start % all.length)];
  return turned.find((slice) => !taken.some((range) => overlaps(range, slice)));
};

/** `198.18.7.0/24`: where a new world's public addresses are. Throws LocalWorldError when none is free. */
export const choosePublicRange = async (engine: Engine, worldId: string): Promise<string> => {
  const slice = await freeSlice(engine, publicBlock, Number.parseInt(worldId.slice(0, 6), 16));
  if (slice !== undefined) return rangeText(slice);
  const next = 'Remove networks that nobody uses (docker network prune), or choose --local=simulated';
  throw new LocalWorldError(`no /24 of ${publicBlock} is free on this host`, next);
};

type Bare = Pick<WorldContext, 'engine' | 'names' | 'publicSide' | 'worldId'> & { readonly world: World };

const networksThere = async ({ engine, worldId }: Bare): Promise<string[]> =>
  linesOf(await engine.run(['network', 'ls', ...ofWorld(worldId), '--format', '{{.Name}}']));

/** Makes what is missing: the public network and a wire per private network. */
export const ensureNetworks = async (context: Bare): Promise<void> => {
  const { engine, names, publicSide, world } = context;
  const there = await networksThere(context);
  if (!there.includes(names.publicNetwork)) {
    const place = ['--subnet', publicSide.range, '--gateway', publicSide.gateway];
    const made = await engine.attempt([
      ...['network', 'create', ...names.labels('public', 'public'), ...place],
      names.publicNetwork,
    ]);
    if (made.code !== 0) throw taken(publicSide.range, made.stderr);
  }
  for (const { id } of world.networks.all()) if (!there.includes(names.wire(id))) await createWire(context, id);
};

const taken = (range: string, stderr: string): LocalWorldError =>
  new LocalWorldError(
    `the public network ${range} of this world can't be made: ${stderr.trim().split('\n').at(-1)}`,
    'Remove the network that overlaps (docker network ls shows them), then run the command again',
  );

/** Somebody else may take the same slice between looking and making: then the next one is tried. */
const createWire = async ({ engine, names }: Bare, id: number): Promise<void> => {
  let last = 'no /24 is free';
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const slice = await freeSlice(engine, wireBlock, id + attempt);
    if (slice === undefined) break;
    const share = `${ipv4Text(slice.first + engineShare.offset)}/${engineShare.prefix}`;
    const made = await engine.attempt([
      ...['network', 'create', ...names.labels('wire', id), '--subnet', rangeText(slice), '--ip-range', share],
      ...['--opt', 'com.docker.network.bridge.enable_ip_masquerade=false', names.wire(id)],
    ]);
    if (made.code === 0) return;
    last = made.stderr.trim().split('\n').at(-1) ?? last;
    if (!/overlap/i.test(last)) break;
  }
  const next = 'Remove networks that nobody uses (docker network prune), then run the command again';
  throw new LocalWorldError(`private network ${id} can't be made as a docker network: ${last}`, next);
};

/** Range of each wire of this world, by its name. */
export const wireRanges = async (context: Bare): Promise<ReadonlyMap<string, Range>> => {
  const { engine, names, world } = context;
  const wanted = world.networks.all().map(({ id }) => names.wire(id));
  if (wanted.length === 0) return new Map();
  const found = z.array(networkSchema).parse(JSON.parse(await engine.run(['network', 'inspect', ...wanted])));
  return new Map(
    found.flatMap(({ Name, IPAM }) => {
      const range = rangeOf(IPAM.Config?.[0]?.Subnet ?? '');
      return range === undefined ? [] : [[Name, range] as const];
    }),
  );
};

/** The lowest of our addresses on this wire that is not in `used`. */
export const freeOnWire = (range: Range, used: ReadonlySet<string>): string => {
  for (let host = chosenOnWire.first; host <= chosenOnWire.last; host += 1) {
    const address = ipv4Text(range.first + host);
    if (!used.has(address)) return address;
  }
  throw new LocalWorldError('more than 189 servers are in one private network', 'Delete some of them');
};
/** Whether this address on the wire was chosen by us, and so stays after a restart. */
export const isOnWire = (range: Range, address: string): boolean => {
  const value = ipv4Of(address);
  return value !== undefined && holds(range, value);
};

/** Wires whose private network is gone. */
export const removeWires = async (context: Bare): Promise<void> => {
  const { engine, names, world } = context;
  const wanted = new Set([names.publicNetwork, ...world.networks.all().map(({ id }) => names.wire(id))]);
  for (const name of await networksThere(context)) if (!wanted.has(name)) await engine.run(['network', 'rm', name]);
};

/** Everything of this world: containers with their volumes, networks, volumes. Images stay. */
export const removeEverything = async (engine: Engine, worldId: string): Promise<void> => {
  const filter = ofWorld(worldId);
  const containers = linesOf(await engine.run(['ps', '-aq', ...filter]));
  if (containers.length > 0) await engine.run(['rm', '-f', '-v', ...containers]);
  const networks = linesOf(await engine.run(['network', 'ls', '-q', ...filter]));
  if (networks.length > 0) await engine.run(['network', 'rm', ...networks]);
  const volumes = linesOf(await engine.run(['volume', 'ls', '-q', ...filter]));
  if (volumes.length > 0) await engine.run(['volume', 'rm', '-f', ...volumes]);
};
