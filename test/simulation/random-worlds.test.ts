import { expect, test } from 'vitest';
import type { Document } from '../support/lab.ts';
import { drifts, edits, fuse, type Move, misfortune, strangers } from './moves.ts';
import { beginAnew, resolve, rootsOf } from './resolve.ts';
import { type Chance, chanceOf, createSimulated, kinds, type Simulated } from './simulated.ts';

const seeds = Number(process.env['RECONCILE_SIMULATION_SEEDS'] ?? 8);
const first = Number(process.env['RECONCILE_SIMULATION_FIRST'] ?? 1);
const cleanRunsMax = 3;
const waysOutMax = 12;

const oneOf = (moves: Readonly<Record<string, Move>>, chance: Chance): Move => chance.pick(Object.values(moves));

const convergeWithLuck = async (world: Simulated, chance: Chance): Promise<void> => {
  const kind = chance.below(6);
  if (kind === 0) world.story.push(misfortune(world, chance));
  const only = chance.often(0.1)
    ? ` --only ${chance.pick(['server/production-1', 'firewall/production', 'load-balancer/production', 'job/web', 'network/production'])}`
    : '';
  const ran = await world.run(`production${only} --yes`, kind === 1 || kind === 2 ? { fuse: fuse(chance) } : {});
  if (ran.exitCode === 137) await world.sleep(120_000);
  if (ran.exitCode === 0 && only !== '') world.story.push('  only');
  else if (ran.exitCode === 0) await mustBeTrue(world, ran.stderr);
  else if (kind > 2 && ran.exitCode !== 4)
    world.story.push(`  ${ran.stderr.trim().split('\n').slice(-12).join('\n  ')}`);
};

/** A run that ends well leaves nothing to do. */
const mustBeTrue = async (world: Simulated, said: string): Promise<void> => {
  if (world.unsettled) return;
  const plan = await world.run('plan production');
  if (plan.exitCode !== 0)
    throw new Error(`a run said that it converged, and the plan is not empty:\n${said}\n${plan.stdout}`);
};

const step = async (world: Simulated, chance: Chance, states: string[]): Promise<void> => {
  const roll = chance.below(20);
  if (roll < 5) world.story.push(await oneOf(edits, chance)(world, chance));
  else if (roll < 12) world.story.push(await oneOf(drifts, chance)(world, chance));
  else if (roll < 14) world.story.push(await oneOf(strangers, chance)(world, chance));
  else if (roll === 14) world.story.push(`state lost: ${world.documents.delete('production.json')}`);
  else if (roll === 15 && states.length > 0) {
    world.documents.set('production.json', chance.pick(states));
    world.story.push('an older state came back');
  } else if (roll === 16 && (await world.sleep(60_000)) === undefined)
    await world.run(chance.pick(['staging --yes', 'pr 7 --yes', 'destroy staging --yes', 'destroy pr 7 --yes']));
  else if (roll === 17) await world.run('check production');
  world.unsettled = chance.often(0.25);
  if (!world.unsettled) await world.sleep(60_000);
  if (chance.often(0.5)) await convergeWithLuck(world, chance);
  const state = world.documents.get('production.json');
  if (state !== undefined && state !== states.at(-1)) states.push(state);
};

const settle = async (world: Simulated): Promise<void> => {
  await world.sleep(180_000);
  world.unsettled = false;
  let clean = 0;
  for (let ways = 0; ways < waysOutMax; ) {
    const ran = await world.run('production --yes');
    if (ran.exitCode === 0) return mustBeTrue(world, ran.stderr);
    if (ran.exitCode !== 4) {
      clean += 1;
      if (clean === 1) await beginAnew(world, ran.stderr);
      world.story.push(`  ${ran.stderr.trim().split('\n').slice(-14).join('\n  ')}`);
      if (clean >= cleanRunsMax) throw new Error(`${clean} clean runs did not converge:\n${ran.stderr}`);
      continue;
    }
    ways += 1;
    const { stdout } = await world.run('plan production --json');
    const blocked = JSON.parse(stdout).changes.filter((change: Document) => change.action === 'blocked');
    world.story.push(
      `  blocked: ${rootsOf(blocked)
        .map(
          (one: Document) =>
            `${one.address} (${one.reasons.map((r: Document) => r.because).join('; ')}) next: ${one.next}`,
        )
        .join('\n           ')}`,
    );
    if (blocked.length === 0) continue;
    world.story.push(`  ${await resolve(world, rootsOf(blocked)[ways % rootsOf(blocked).length])}`);
  }
  throw new Error(`${waysOutMax} ways out led nowhere`);
};

/** One name and one address each, and nothing of ours that the second look has not seen. */
const census = async (world: Simulated): Promise<void> => {
  for (const kind of [
    'servers',
    'networks',
    'firewalls',
    'placement_groups',
    'load_balancers',
    'certificates',
  ] as const) {
    const addresses = (await world.rows(kind))
      .filter(({ labels }) => labels.project === 'aipacto' && labels.environment === 'production')
      .map((row) => row.labels.address);
    expect(addresses, `${kind} have one address each`).toEqual([...new Set(addresses)]);
    const orphans = (await world.rows(kind)).filter(
      (row) => world.makers.get(`${kind}/${row.id}`) === 'production' && row.labels.environment !== 'production',
    );
    if (orphans.length > 0)
      world.story.push(
        `  orphans: ${orphans.map((row) => `${kind} ${row.name} ${JSON.stringify(row.labels)}`).join(', ')}`,
      );
  }
};

/** What remains after the end is what others made. */
const destroyed = async (world: Simulated, chance: Chance): Promise<void> => {
  world.config.environments.production.protected = false;
  await world.run('production --yes');
  if (chance.often(0.5)) {
    if (chance.often(0.5)) world.story.push(misfortune(world, chance));
    await world.run('destroy production --yes', chance.often(0.5) ? { fuse: fuse(chance) } : {});
    await world.sleep(180_000);
  }
  for (let nth = 0; nth < cleanRunsMax; nth += 1) {
    const { exitCode, stderr } = await world.run('destroy production --yes');
    if (exitCode === 0) break;
    world.story.push(`  ${stderr.trim().split('\n').slice(-14).join('\n  ')}`);
    if (nth === cleanRunsMax - 1) throw new Error('it can not be destroyed');
  }
  await world.sleep(60_000);
  for (const kind of kinds)
    for (const row of await world.rows(kind))
      if (world.makers.get(`${kind}/${row.id}`) === 'production' && kind !== 'zones')
        throw new Error(`left over: ${kind} ${row.name} ${JSON.stringify(row.labels)}`);
};

const live = async (seed: number): Promise<void> => {
  const chance = chanceOf(seed);
  const world = createSimulated(seed);
  const states: string[] = [];
  try {
    for (let nth = 0; nth < 3; nth += 1)
      if (chance.often(0.25))
        world.story.push(await oneOf(chance.often(0.5) ? edits : strangers, chance)(world, chance));
    await world.sleep(60_000);
    await convergeWithLuck(world, chance);
    const steps = 3 + chance.below(6);
    for (let nth = 0; nth < steps; nth += 1) await step(world, chance, states);
    await settle(world);
    await census(world);
    if (chance.often(0.3)) await destroyed(world, chance);
  } catch (error) {
    throw new Error(
      `seed ${seed} (RECONCILE_SIMULATION_FIRST=${seed} RECONCILE_SIMULATION_SEEDS=1)\n  ${world.story.join('\n  ')}\n${error instanceof Error ? error.stack : error}`,
    );
  }
};

test(`${seeds} random worlds from seed ${first} on`, { timeout: 3_600_000 }, async () => {
  const failures: string[] = [];
  for (let seed = first; seed < first + seeds; seed += 1)
    await live(seed).catch((error: Error) => failures.push(error.message));
  for (const failure of failures) console.error(`${failure}\n`);
  expect(failures.length).toBe(0);
});
