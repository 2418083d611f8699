import { describe, expect, test } from 'vitest';
import type { Fetch } from '../../src/ports/machines.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { createLab, type Document, type Lab } from '../support/lab.ts';
import { createMemoryStore } from '../support/memory-store.ts';

/*
 * faults.md F1: SIGKILL at each API call of a create, before and after the server commits. A killed process does nothing
 * any more: no further request leaves it, no further write reaches its state, and its lease is not released.
 */
class Killed extends Error {}
type When =
  | 'before the request arrives'
  | 'after it was carried out'
  | 'before the state is written'
  | 'after the state is written';

interface Fuse {
  readonly fetch: (inner: Fetch) => Fetch;
  readonly store: (inner: ObjectStore) => ObjectStore;
  blown: boolean;
}

const fuseAt = (nthWrite: number, when: When): Fuse => {
  const atState = when.includes('state');
  let writes = 0;
  const guard = (): void => {
    if (fuse.blown) throw new Killed('killed');
  };
  const fuse: Fuse = {
    blown: false,
    fetch: (inner) => async (request) => {
      guard();
      if (atState || request.method === 'GET' || request.url.includes('_emulator')) return inner(request);
      writes += 1;
      if (writes !== nthWrite) return inner(request);
      if (when === 'after it was carried out') await inner(request);
      fuse.blown = true;
      throw new Killed('killed');
    },
    store: (inner) =>
      new Proxy(inner, {
        get: (target, key, receiver) => {
          const member: unknown = Reflect.get(target, key, receiver);
          if (typeof member !== 'function') return member;
          return async (...args: unknown[]) => {
            guard();
            const carryOut = (): unknown => (member as (...given: unknown[]) => unknown).apply(target, args);
            const writing = typeof key === 'string' && ['putIfAbsent', 'putIfMatch', 'delete'].includes(key);
            if (!atState || !writing) return carryOut();
            writes += 1;
            if (writes !== nthWrite) return carryOut();
            if (when === 'after the state is written') await carryOut();
            fuse.blown = true;
            throw new Killed('killed');
          };
        },
      }),
  };
  return fuse;
};

const everything = [
  'servers',
  'networks',
  'firewalls',
  'placement_groups',
  'load_balancers',
  'certificates',
  'primary_ips',
  'zones',
];
const census = async (lab: Lab): Promise<string[]> => {
  const names: string[] = [];
  for (const kind of everything)
    for (const row of (await lab.api('GET', `/${kind}?per_page=50`))[kind] as Document[])
      names.push(`${kind} ${row.name.replace(/\d{4,}/, 'N')}`);
  return names.sort();
};

/** Kills one run, lets the lease run out, runs again with a new process, and looks at what is there. */
const killAndRunAgain = async (
  command: string,
  nthWrite: number,
  when: When,
): Promise<{ killed: boolean; problem: string | null; found: string[] }> => {
  const memory = createMemoryStore();
  const fuse = fuseAt(nthWrite, when);
  const victim = createLab({ store: fuse.store(memory), wrap: fuse.fetch });
  await victim.run(command).catch(() => undefined);
  if (!fuse.blown) return { killed: false, problem: null, found: await census(victim) };
  await victim.emulator.clock.sleep(120_000);
  const heir = createLab({ store: memory, over: victim.emulator, seed: 8 });
  const second = await heir.run(command);
  const found = await census(heir);
  if (second.exitCode !== 0) return { killed: true, problem: second.stderr, found };
  const third = await heir.run(
    command.replace(' --yes', '').replace(/^/, command.startsWith('destroy') ? '' : 'plan '),
  );
  return { killed: true, problem: third.exitCode === 0 ? null : third.stdout, found };
};

/** Every second point, before those that are counted odd and after the even ones; every one with RECONCILE_KILLS=all. */
const step = process.env['RECONCILE_KILLS'] === 'all' ? 1 : 2;

/** Points of a run, one after the other, until the run ends before its fuse does. */
const exhaust = async (command: string, when: When, pointsMin: number): Promise<void> => {
  const whole = await killAndRunAgain(command, Number.POSITIVE_INFINITY, when);
  let points = 0;
  for (let nth = when.startsWith('before') ? 1 : step; nth < 400; nth += step) {
    const { killed, problem, found } = await killAndRunAgain(command, nth, when);
    if (!killed) break;
    points += 1;
    expect({ nth, when, problem, found }).toEqual({ nth, when, problem: null, found: whole.found });
  }
  expect(points).toBeGreaterThanOrEqual(Math.floor(pointsMin / step));
};

describe('a run killed anywhere leaves nothing that the next run does not find', () => {
  test.each([
    ['production --yes', 'before the request arrives', 19],
    ['production --yes', 'after it was carried out', 19],
    ['pr 7 --yes', 'before the request arrives', 7],
    ['pr 7 --yes', 'after it was carried out', 7],
    ['pr 7 --yes', 'before the state is written', 20],
    ['pr 7 --yes', 'after the state is written', 20],
  ] as const)('%s, killed %s', (command, when, pointsMin) => exhaust(command, when, pointsMin), 90_000);
});
