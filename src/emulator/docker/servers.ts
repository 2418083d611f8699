import pLimit from 'p-limit';
import type { Server } from '../../hetzner/wire/servers.ts';
import { factsOf } from '../server-machine.ts';
import { LocalWorldError } from '../world-file.ts';
import { archiveOf } from './archive.ts';
import { tailOf } from './engine.ts';
import { hashOf, insideFiles, type Surroundings, surroundingsOf } from './inside.ts';
import { freeOnWire, isOnWire, wireRanges } from './networks.ts';
import { createContainer, diskLabel, firstFiles, type Wanted } from './server-container.ts';
import { failBoot, isUp, lifeOf, markDead, messageOf } from './server-life.ts';
import type { FoundContainer, Part, WorldContext } from './types.ts';

/** Containers that are worked on at once: more only wait for each other. */
const atOnce = 3;
const restartGraceSeconds = 8;
const putIntoEffectMs = 30_000;

/** Failures of single servers, told at the end in one sentence. */
type Failures = Map<string, unknown>;

export interface ServersOptions {
  /** Name servers of the host that containers reach. */
  readonly dns: readonly string[];
}

export const createServersPart = ({ dns }: ServersOptions): Part => {
  /** Container and its start, to the hash of what was put into effect since. Only spares calls. */
  const inEffect = new Map<string, string>();
  /** Containers started by this process, with what they put into effect themselves while they boot. */
  const started = new Map<string, string>();
  const signalled = new Set<string>();
  const keyOf = (found: Pick<FoundContainer, 'id' | 'startedAt'>): string => `${found.id} ${found.startedAt}`;

  const putIntoEffect = async (context: WorldContext, found: FoundContainer, wanted: Wanted): Promise<void> => {
    const files = insideFiles(wanted.surroundings, context.publicSide, dns);
    const hash = hashOf(files);
    if (inEffect.get(keyOf(found)) === hash) return;
    if (!inEffect.has(keyOf(found)) && started.get(found.id) === hash) {
      inEffect.set(keyOf(found), hash);
      return;
    }
    const { code, stdout, stderr } = await context.engine.attempt(
      ['exec', '-i', found.id, '/usr/local/lib/emulated/receive'],
      { input: archiveOf(files, context.now()), timeoutMs: putIntoEffectMs },
    );
    started.delete(found.id);
    if (code !== 0) throw new LocalWorldError(tailOf(`${stdout}\n${stderr}`, 3), `Look at: docker logs ${found.name}`);
    inEffect.set(keyOf(found), hash);
  };

  /** Its networks, as far as they differ from the rows. */
  const connect = async (
    { engine, names }: WorldContext,
    id: string,
    there: Readonly<Record<string, string>>,
    { publicIp, places }: Surroundings,
  ): Promise<void> => {
    const wanted = new Map(places.map(({ wire, engineAddress }) => [wire, engineAddress]));
    if (publicIp !== null) wanted.set(names.publicNetwork, publicIp);
    for (const [network, address] of Object.entries(there))
      if (wanted.get(network) !== address && wanted.size > 0)
        await engine.run(['network', 'disconnect', '-f', network, id]);
    for (const [network, address] of wanted)
      if (there[network] !== address) await engine.run(['network', 'connect', '--ip', address, network, id]);
  };

  const start = async (context: WorldContext, wanted: Wanted, found: FoundContainer | undefined): Promise<void> => {
    const { engine, names, publicSide } = context;
    const { surroundings } = wanted;
    if (found === undefined) {
      const id = await createContainer(wanted, context, dns);
      const first = surroundings.publicIp === null ? surroundings.places[0] : undefined;
      const made =
        surroundings.publicIp !== null
          ? { [names.publicNetwork]: surroundings.publicIp }
          : first === undefined
            ? {}
            : { [first.wire]: first.engineAddress };
      await connect(context, id, made, surroundings);
      await engine.run(['start', id]);
      started.set(id, hashOf(insideFiles(surroundings, publicSide, dns)));
      return;
    }
    if (found.state === 'paused') await engine.attempt(['unpause', found.id]);
    if (isUp(found)) await engine.run(['stop', '-t', String(restartGraceSeconds), found.id]);
    await connect(context, found.id, found.networks, surroundings);
    // Put into effect by the machine itself while it boots. One that never started may lack its seed: we were killed.
    const files =
      found.startedAt === 0
        ? firstFiles(wanted, context, dns)
        : insideFiles(surroundings, publicSide, dns, 'etc/emulated/');
    await engine.run(['cp', '-', `${found.id}:/`], { input: archiveOf(files, context.now()) });
    await engine.run(['start', found.id]);
    started.set(found.id, hashOf(insideFiles(surroundings, publicSide, dns)));
  };

  const shutDown = async (context: WorldContext, { facts }: Wanted, found: FoundContainer): Promise<void> => {
    if (facts.shutdownAt == null || signalled.has(keyOf(found))) return;
    // systemd halts on it; a second one while it does changes nothing.
    await context.engine.attempt(['kill', '--signal', 'SIGRTMIN+3', found.id]);
    signalled.add(keyOf(found));
  };

  const syncOne = async (context: WorldContext, wanted: Wanted, found: FoundContainer | undefined): Promise<void> => {
    const { engine } = context;
    const { facts, surroundings } = wanted;
    if (facts.bootedAt === null) {
      if (found === undefined) return;
      if (found.state === 'paused') await engine.attempt(['unpause', found.id]);
      // It may have ended meanwhile.
      if (isUp(found)) await engine.attempt(['kill', found.id]);
      return connect(context, found.id, found.networks, surroundings);
    }
    if (found === undefined) return start(context, wanted, undefined);
    const life = lifeOf(found, facts.bootedAt);
    if (life === 'behind' || life === 'rebooting') return start(context, wanted, found);
    // A paused one stands still as a hung host would: nothing inside can be changed.
    if (found.state === 'paused') return;
    await connect(context, found.id, found.networks, surroundings);
    await putIntoEffect(context, found, wanted);
    await shutDown(context, wanted, found);
  };

  return {
    sync: async (context) => {
      const { world, engine } = context;
      const limit = pLimit(atOnce);
      const failures: Failures = new Map();
      const there = context.found.filter((one) => one.kind === 'server');
      const current = (one: FoundContainer): boolean =>
        world.servers.get(Number(one.thing)) !== undefined &&
        String(factsOf(world, Number(one.thing)).diskId) === one.labels[diskLabel];
      const gone = there.filter((one) => !current(one));
      await Promise.all(
        gone.map((one) =>
          limit(async () => {
            await engine.run(['rm', '-f', '-v', one.id]).catch((error) => failures.set(one.name, error));
          }),
        ),
      );
      const kept = new Map(there.filter(current).map((one) => [Number(one.thing), one]));
      for (const [id, found] of kept) markDead(world, id, found);
      const wanted = await wantedServers(context, kept);
      await Promise.all(
        wanted.map((one) =>
          limit(async () => {
            const found = kept.get(one.server.id);
            await syncOne(context, one, found).catch(async (error) => {
              if (one.facts.bootedAt === null || (await runs(context, one.server)))
                failures.set(one.server.name, error);
              else failBoot(world, one.server, error);
            });
          }),
        ),
      );
      if (failures.size > 0) throw allFailures(failures);
    },
  };
};

const runs = async ({ engine, names }: WorldContext, server: Server): Promise<boolean> => {
  const answer = await engine.attempt(['inspect', '--format', '{{.State.Running}}', names.server(server.id)]);
  return answer.stdout.trim() === 'true';
};

const allFailures = (failures: Failures): LocalWorldError => {
  const [[name, error] = ['', undefined]] = failures;
  const others = failures.size > 1 ? ` (and ${failures.size - 1} more)` : '';
  const next = error instanceof LocalWorldError ? error.next : 'Run the command again';
  const what = error instanceof LocalWorldError ? error.message.replace(`. ${error.next}`, '') : messageOf(error);
  return new LocalWorldError(`server ${name}${others}: ${what}`, next, error);
};

/** Every server with its surroundings; each gets an address of the engine's on each wire, and keeps it. */
const wantedServers = async (context: WorldContext, kept: ReadonlyMap<number, FoundContainer>): Promise<Wanted[]> => {
  const { world, names } = context;
  const ranges = await wireRanges(context);
  const used = new Set(context.found.flatMap((one) => Object.values(one.networks)));
  return world.servers.all().map((server): Wanted => {
    const engineAddress = (wire: string): string => {
      const range = ranges.get(wire);
      if (range === undefined) throw new LocalWorldError(`the docker network ${wire} is gone`, 'Run the command again');
      const own = kept.get(server.id)?.networks[wire];
      if (own !== undefined && isOnWire(range, own)) return own;
      const address = freeOnWire(range, used);
      used.add(address);
      return address;
    };
    return {
      server,
      facts: factsOf(world, server.id),
      surroundings: surroundingsOf(world, server, names, engineAddress),
    };
  });
};
