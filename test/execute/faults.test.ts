import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Address } from '../../src/domain/address.ts';
import type { Plan, Step } from '../../src/domain/plan.ts';
import type { StateFile } from '../../src/domain/statefile.ts';
import { seededRandom } from '../../src/local/random.ts';
import { createJournal } from '../../src/statefile/journal.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { createStateWriter } from '../../src/statefile/write.ts';
import { createBench } from '../support/execution.ts';
import type { FakeCloud } from '../support/fake-cloud.ts';
import { type Fault, faultKinds, withFault } from '../support/faults.ts';
import { change, create, labelsOf, nameFor, planOf, step } from '../support/plans.ts';

/*
 * Stopped at every step in every way, then a new run: the world must end as if nothing had happened, with nothing made
 * twice, nothing lost and nothing left for a human. The little planner below stands for the real one: it looks at the
 * world and the state, adopts what carries our labels, and asks for what is missing.
 */
const servers: readonly Address[] = ['server/production-1', 'server/production-2'];
const addresses: readonly Address[] = ['network/production', ...servers, 'load-balancer/production'];

const plan = (cloud: FakeCloud, state: StateFile | null, run: string): Plan => {
  const steps: Step[] = [];
  const add = (wanted: Step): void => {
    const known = new Set(steps.map(({ id }) => id));
    steps.push({ ...wanted, dependsOn: wanted.dependsOn.filter((id) => known.has(id)) });
  };
  const ours = (address: Address) =>
    cloud.things.find(
      (thing) => thing.labels['address'] === labelsOf(address).address && thing.name === nameFor(address),
    );
  for (const address of addresses) {
    const thing = ours(address);
    const { id = '', name = '', createdAt = '' } = thing ?? {};
    if (thing === undefined)
      add(create(address, { dependsOn: ['create network/production', 'adopt network/production'] }, run));
    else if (state?.resources[address]?.id !== id) {
      const outputs = { ipv4: String(thing.facts['ipv4']) };
      add(step(`adopt ${address}`, { port: 'state', op: 'adopt', id, name, createdAt, outputs }));
    }
    if (address === 'network/production') continue;
    const before = [`create ${address}`, `adopt ${address}`, 'create network/production', 'adopt network/production'];
    const network = { ref: 'network/production', attribute: 'id' } as const;
    if (((thing?.facts['networks'] as unknown[]) ?? []).length === 0)
      add(change(address, { op: 'attach-network', network, ip: '10.0.1.11' }, { dependsOn: before }));
    if (address.startsWith('server/') && thing?.facts['status'] !== 'running')
      add(change(address, { op: 'power-on' }, { dependsOn: [...before, `attach-network ${address}`] }));
    const target = { type: 'label-selector', selector: 'project=aipacto', usePrivateIp: true } as const;
    if (address.startsWith('load-') && ((thing?.facts['targets'] as unknown[]) ?? []).length === 0)
      add(change(address, { op: 'add-target', target }, { dependsOn: [...before, `attach-network ${address}`] }));
  }
  return planOf(steps, { run });
};

const createTrial = () => {
  const bench = createBench((command) => (command === 'create_network' ? 0 : 3_000));
  const run = async (name: string, fault: Fault | null) => {
    const loaded = await readState(bench.store, 'production', 'aipacto', plainSealer);
    const names = { project: 'aipacto', environment: 'production', environmentType: 'production' } as const;
    const faulty = withFault(fault, bench);
    const writer = createStateWriter({
      store: faulty.store,
      loaded,
      ...names,
      clock: bench.clock,
      random: seededRandom(7),
      sealer: plainSealer,
      fencingToken: 1,
    });
    const wanted = plan(bench.cloud, loaded?.state ?? null, name);
    const { cloud, signal } = faulty;
    const { save, note } = writer;
    const whole = async () => {
      const outcome = await bench.execute(wanted, {
        cloud,
        save,
        note,
        signal,
        journal: createJournal(writer, (text) => text),
      });
      await writer.flush();
      return outcome;
    };
    const end = await Promise.race([whole(), faulty.killed]);
    return { wanted, end, hit: faulty.hit() };
  };
  return { bench, run };
};

/** In the clean run; every one of them is a place for a fault. */
const requestsTotal = 10;
const writesTotal = 7;
const faults = faultKinds.flatMap((kind) =>
  Array.from(
    { length: kind.includes('the state') ? writesTotal : requestsTotal },
    (_, n): Fault => ({ kind, at: n + 1 }),
  ),
);

test('the clean run has as many places for a fault as are tried below', async () => {
  const { bench, run } = createTrial();
  expect((await run('run-1', null)).end).toMatchObject({ failed: [], skipped: [] });
  expect(bench.cloud.calls.filter((call) => !/ (actions|find) /.test(call))).toHaveLength(requestsTotal);
  expect((await bench.state())?.serial).toBe(writesTotal);
});

test.each(faults)('$kind, at $at: the next runs converge, nothing twice, nothing lost', async (fault) => {
  const { bench, run } = createTrial();
  const first = await run('run-1', fault);
  expect(first.hit).toBe(true);
  if (fault.kind.startsWith('killed')) expect(first.end).toBe('killed');
  else
    expect(
      first.end === 'killed'
        ? 'killed'
        : [
            ...first.end.succeeded,
            ...first.end.skipped,
            ...first.end.inFlight,
            ...first.end.failed.map((one) => one.step),
          ].sort(),
    ).toEqual(first.wanted.steps.map(({ id }) => id).sort());

  const second = await run('run-2', null);
  expect(second.end).toMatchObject({ failed: [], skipped: [], inFlight: [] });
  const third = await run('run-3', null);
  expect(third.wanted.steps.map(({ id }) => id)).toEqual([]);

  expect(bench.cloud.things.map(({ name }) => name).sort()).toEqual(addresses.map(nameFor).sort());
  const state = await bench.state();
  expect(bench.cloud.things.map(({ id }) => id).sort()).toEqual(
    Object.values(state?.resources ?? {})
      .map(({ id }) => id)
      .sort(),
  );
});

test('any row of runs that each go wrong somewhere ends, with one clean run more, in the same world', async () => {
  const anywhere = fc.record({ kind: fc.constantFrom(...faultKinds), at: fc.integer({ min: 1, max: 6 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(anywhere, { minLength: 1, maxLength: 6 }), async (row) => {
      const { bench, run } = createTrial();
      for (const [n, fault] of row.entries()) await run(`run-${n}`, fault);
      // What a killed run had set going ends by itself, as at Hetzner.
      await bench.clock.sleep(10_000);
      const clean = await run('run-clean', null);
      expect(clean.end).toMatchObject({ failed: [], skipped: [], inFlight: [] });
      expect((await run('run-again', null)).wanted.steps).toEqual([]);
      expect(bench.cloud.things.map(({ name }) => name).sort()).toEqual(addresses.map(nameFor).sort());
    }),
    { numRuns: 150 },
  );
});

test('a reply lost after the commit costs no failure at all: the run finds what it made and goes on', async () => {
  for (let at = 1; at <= requestsTotal; at += 1) {
    const { bench, run } = createTrial();
    const { end } = await run('run-1', { kind: 'reply lost after commit', at });
    expect(end, `at ${at}`).toMatchObject({ failed: [], skipped: [], inFlight: [] });
    expect(bench.cloud.count('create')).toBe(4);
  }
});

test('a create is never sent twice in a run, also when its request was lost and nothing was made', async () => {
  const { bench, run } = createTrial();
  const { end } = await run('run-1', { kind: 'request lost', at: 1 });
  expect(end).toMatchObject({
    failed: [
      {
        step: 'create network/production',
        message: 'no reply: connection reset. No network called aipacto-production has appeared',
        next: 'reconcile production',
      },
    ],
  });
  expect(bench.cloud.count('create')).toBe(0);
  expect(bench.cloud.count('find')).toBe(8);
});
