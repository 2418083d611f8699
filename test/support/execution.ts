import type { JournalEvent } from '../../src/domain/journal.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { StateFile } from '../../src/domain/statefile.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { type ExecutionOptions, type ExecutionOutcome, executePlan } from '../../src/execute/execute.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { ClusterOperations } from '../../src/ports/cluster-operations.ts';
import { createJournal } from '../../src/statefile/journal.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { createStateWriter } from '../../src/statefile/write.ts';
import { createFakeCloud } from './fake-cloud.ts';
import { createMemoryStore } from './memory-store.ts';
import { createRecordingReporter } from './recording-reporter.ts';

/** A world to execute plans in: fake cloud, virtual time, a store in memory; everything is recorded. */
export const createBench = (durationMs?: (command: string) => number) => {
  const clock = createVirtualClock();
  const cloud = createFakeCloud(clock, durationMs);
  const store = createMemoryStore();
  const reporter = createRecordingReporter(clock);
  const events: JournalEvent[] = [];
  const stop = new AbortController();
  const operations: ClusterOperations = {
    awaitBoot: (_target, { signal }) => clock.sleep(20_000, signal),
    awaitReady: (_cluster, { signal }) => clock.sleep(5_000, signal),
    submit: (_job, { signal }) => clock.sleep(4_000, signal),
    stop: async () => undefined,
    ensureNamespace: async () => undefined,
    removeNamespace: async () => undefined,
    observe: async () => ({ reachable: false, because: 'not asked' }),
    recoverAccess: async () => undefined,
  };
  const state = async (): Promise<StateFile | null> =>
    (await readState(store, 'production', 'aipacto', plainSealer))?.state ?? null;

  const execute = async (plan: Plan, more: Partial<ExecutionOptions> = {}): Promise<ExecutionOutcome> => {
    const loaded = await readState(store, 'production', 'aipacto', plainSealer);
    const names = { project: 'aipacto', environment: 'production', environmentType: 'production' } as const;
    const random = seededRandom(1);
    const writer = createStateWriter({ store, loaded, ...names, clock, random, sealer: plainSealer, fencingToken: 1 });
    const journal = createJournal(writer, (text) => text);
    const outcome = await executePlan({
      plan,
      state: loaded?.state ?? null,
      cloud,
      operations,
      save: writer.save,
      note: writer.note,
      journal: {
        intend: (event) => {
          events.push(event);
          return journal.intend(event);
        },
        note: (event) => {
          events.push(event);
          journal.note(event);
        },
      },
      clock,
      random,
      reporter,
      signal: stop.signal,
      checkLease: async () => undefined,
      fillUserData: async (_server, userData) => userData,
      serverGoes: async () => undefined,
      ...more,
    });
    // The end of a run writes what its last steps left noted.
    if (more.save === undefined) await writer.flush();
    return outcome;
  };
  return { clock, cloud, store, reporter, events, stop, operations, state, execute };
};
