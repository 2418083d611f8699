import type { JournalEvent } from '../src/domain/journal.ts';
import type { StateFile } from '../src/domain/statefile.ts';
import type { ObjectStore } from '../src/ports/object-store.ts';
import { createLab, type Lab } from '../test/support/lab.ts';
import { createMemoryStore } from '../test/support/memory-store.ts';
import type { Row } from './table.ts';

/** What is asked of the store, as it is asked: `get production.json`. */
const counted = () => {
  const store = createMemoryStore();
  const asked: string[] = [];
  const written: { readonly key: string; readonly text: string }[] = [];
  const noting =
    <A extends readonly unknown[], T>(word: string, work: (key: string, ...rest: A) => Promise<T>) =>
    (key: string, ...rest: A): Promise<T> => {
      asked.push(`${word} ${key}`);
      if (word === 'put') written.push({ key, text: String(rest[0]) });
      return work(key, ...rest);
    };
  return {
    asked,
    written: written as readonly { readonly key: string; readonly text: string }[],
    store: {
      ...store,
      get: noting('get', store.get),
      putIfAbsent: noting('put', store.putIfAbsent),
      putIfMatch: noting('put', store.putIfMatch),
      delete: noting('delete', store.delete),
      list: () => {
        asked.push('list');
        return store.list();
      },
    } satisfies ObjectStore,
  };
};

/**
 * A round is a moment after which something must not be lost: steps begin together (their intents), ids of new objects
 * arrive, or a secret was made that is about to be used. From the journal: steps that start, or creates that are
 * accepted, one after another with nothing in between. The first write, of the keys, and the last, of the end, are no
 * rounds.
 */
export const roundsIn = (journal: readonly JournalEvent[]): number => {
  let rounds = 0;
  let before = '';
  for (const { event, step } of journal) {
    const word = event === 'started' ? 'start' : event === 'accepted' && step.startsWith('create ') ? 'id' : '';
    if (word !== '' && word !== before) rounds += 1;
    before = word;
  }
  return rounds;
};

/** How often the secrets of a state changed after its first write. */
const secretsMade = (documents: readonly string[]): number => {
  const secrets = documents.map((text) => {
    const { keys, applications } = JSON.parse(text) as Record<string, unknown>;
    return JSON.stringify([keys, applications]);
  });
  return secrets.filter((text, nth) => nth > 0 && text !== secrets[nth - 1]).length;
};

const must = async (lab: Lab, command: string): Promise<void> => {
  const ran = await lab.run(command);
  if (ran.exitCode !== 0) throw new Error(`${command} ended with ${ran.exitCode}:\n${ran.stdout}${ran.stderr}`);
};

/** What keeping the state costs: writes of a create, and requests to the store of commands that find nothing to do. */
export const stateOverhead = async (target: string, environment: string): Promise<Row[]> => {
  const { store, asked, written } = counted();
  const lab = createLab({ store });
  const requests = async (command: string): Promise<readonly string[]> => {
    asked.length = 0;
    await must(lab, command);
    return [...asked];
  };
  const create = await requests(`${target} --yes`);
  const documents = written.filter(({ key }) => key === `${environment}.json`).map(({ text }) => text);
  const state = JSON.parse(documents.at(-1) ?? '{}') as StateFile;
  const rounds = roundsIn(state.lastRun?.journal ?? []) + secretsMade(documents);
  const writes = documents.length - 2;
  const plan = await requests(`plan ${target}`);
  const converge = await requests(`${target} --yes`);
  const others = create.filter((one) => /^(?:put|delete) /.test(one)).length - documents.length;
  const steps = new Set(state.lastRun?.journal.map(({ step }) => step)).size;
  return [
    {
      what: `state writes of a create of ${target}`,
      figure: `${(writes / rounds).toFixed(2)} a round (${writes} in ${rounds} rounds of ${steps} steps, 1 before, 1 after; ${others} of leases and the copy of the keys)`,
      target: '≤ 1',
      ok: writes <= rounds,
      anchor: 'Terraform on S3, killed: 40 of 40 created objects in no state',
    },
    {
      what: `store requests of a plan of ${target} without changes`,
      figure: `${plan.length} (${plan.join(', ')})`,
      target: '≤ 2',
      ok: plan.length <= 2,
      anchor: '',
    },
    {
      what: `store requests of a converge of ${target} without changes`,
      figure: `${converge.length} (${converge.join(', ')})`,
      target: '≤ 4',
      ok: converge.length <= 4,
      anchor: '',
    },
  ];
};
