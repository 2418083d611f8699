import { instant } from '../../domain/times.ts';
import type { MigrationPlan, PushPlan, RebuildPlan, StoreReport } from '../../ports/state-access.ts';
import { printNext } from './change.ts';
import type { Layout } from './layout.ts';
import { table } from './table.ts';
import { paragraph, plural } from './text.ts';

/* What a state command would write, before it is asked. */

export const printPush = (plan: PushPlan, file: string, { width, paint }: Layout): string[] => {
  const { outcome, path, serial, lineage, replaces } = plan;
  if (outcome === 'same') return [`nothing to do: ${path} says the same (serial ${serial})`];
  const lists = [
    ['remembered anew', plan.added],
    ['remembered otherwise', plan.changed],
    ['forgotten', plan.dropped],
  ] as const;
  return [
    paint('bold', `Put ${file} into ${path}`),
    `  serial ${serial}, lineage ${lineage}`,
    replaces === null
      ? '  there is no state yet'
      : `  replaces serial ${replaces.serial} of ${instant(replaces.updatedAt)}, which is kept as an earlier document`,
    ...lists.flatMap(([what, addresses]) =>
      addresses.length === 0 ? [] : paragraph(`${what}: ${addresses.join(', ')}`, width, '  ', '    '),
    ),
  ];
};

export const printRebuild = (plan: RebuildPlan, scope: string, layout: Layout): string[] => {
  const { width, paint } = layout;
  const { adopted, left, keysFrom, secretsFrom, secrets, lineage, serial } = plan;
  const [head = '', ...rows] = table(
    [{ title: 'ADOPTED' }, { title: 'ID' }, { title: 'NAME' }],
    adopted.map(({ address, id, name }) => [address, id, name]),
    '  ',
  );
  // What is blocked by one thing has one way out.
  const said = new Set<string>();
  const say = (next: string): string => {
    said.add(next);
    return next;
  };
  const fact = (text: string): string[] => paragraph(text, width, '  ', '    ');
  return [
    paint('bold', `Make the state of ${scope} again: ${plan.path} is ${plan.lost}`),
    ...fact(
      lineage === null
        ? `a new lineage, serial ${serial}: no earlier document was found`
        : `lineage ${lineage} goes on, serial ${serial}`,
    ),
    ...fact(
      keysFrom === null ? 'keys: no copy of them was found, and none in earlier documents' : `keys: from ${keysFrom}`,
    ),
    ...fact(
      secretsFrom === null
        ? "the applications' secrets: none were found"
        : `${plural(secrets, 'secret')} of the applications: from ${secretsFrom}`,
    ),
    ...plan.unusable.flatMap((text) => fact(`could not be used: ${text}`)),
    ...(adopted.length === 0
      ? ['  nothing of ours exists: the state will remember nothing']
      : ['', paint('bold', head), ...rows]),
    ...(left.length === 0 ? [] : ['', 'Not part of this, and still to be done by the next run:']),
    ...left.flatMap(({ address, action, reasons, next }) => [
      ...paragraph(`${action} ${address}: ${reasons.map(({ because }) => because).join('; ')}`, width, '  ', '    '),
      ...(next === undefined || said.has(next) ? [] : printNext(say(next), layout, '    ')),
    ]),
  ];
};

export const printStore = (report: StoreReport, { width, paint }: Layout): string[] => {
  const { place, made, versioning, honours } = report;
  const yes = (good: boolean): string => (good ? paint('green', 'yes') : paint('red', 'no'));
  const keeps = {
    on: 'on',
    'turned on': 'turned on now',
    none: 'this store has none; the last 20 documents are kept beside each state',
    'left off':
      'left off, for with them this store does not keep its conditions; the last 20 documents are kept beside each state',
    untried:
      'left off, for no second bucket could be made to try out whether the store keeps its conditions with them; the last 20 documents are kept beside each state',
  };
  return [
    paint('bold', `${place} is ${made === 'made' ? 'made' : 'there'}`),
    ...(versioning === null
      ? []
      : paragraph(`versions: ${keeps[versioning as keyof typeof keeps] ?? versioning}`, width, '  ', '    ')),
    `  refuses to make what is there already (If-None-Match): ${yes(honours.createIfAbsent)}`,
    `  refuses to replace what has changed (If-Match): ${yes(honours.replaceIfMatch)}`,
    ...(versioning === null ? [] : [`  takes ETags ${honours.etags}`]),
  ];
};

export const printMigration = (
  { from, to, environments, others, finished }: MigrationPlan,
  { paint }: Layout,
): string[] => {
  if (finished) return [`nothing to do: nothing is in use in ${from} any more`];
  const [head = '', ...rows] = table(
    [{ title: 'STATE' }, { title: 'SERIAL', align: 'right' }, { title: '' }],
    environments.map(({ name, serial, standing }) => [name, standing === 'moved' ? '' : String(serial), standing]),
    '  ',
  );
  return [
    paint('bold', `Move the states of this project from ${from} to ${to}`),
    ...(environments.length === 0 ? ['  there is none'] : [paint('bold', head), ...rows]),
    `  and ${plural(others, 'document')} beside them: copies of keys, earlier documents, certificates`,
    '  no run can be at work meanwhile; should it be stopped, the same command goes on',
  ];
};
