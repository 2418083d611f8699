import { openSteps } from '../domain/journal.ts';
import { labelNames } from '../domain/labels.ts';
import type { Change, Reason } from '../domain/plan.ts';
import type { Planning } from './context.ts';

/** A run that was stopped: who, for what, at which steps, and what this plan makes of it. */
export const noticeEarlierRun = (planning: Planning, changes: readonly Change[]): void => {
  const run = planning.state?.lastRun;
  if (run === undefined) return;
  const open = openSteps(run.journal);
  if (run.endedAt !== undefined && open.length === 0) return;
  const adopted = changes.filter(({ action, reasons }) => action === 'adopt' || reasons.some(unknownToState)).length;
  const at = open.length === 0 ? 'between two steps' : `at ${open.join(', ')}`;
  const how = run.endedAt === undefined ? 'did not end (or is still at work): it was last' : 'was stopped';
  const found = adopted === 0 ? '' : `; what it left unrecorded is taken over: ${adopted} adopted`;
  planning.notices.add(`an earlier run by ${run.holder} (${run.command}, begun ${run.startedAt}) ${how} ${at}${found}`);
};

/** Found by its labels: whoever made it could not write it down any more. */
const unknownToState = ({ field, from }: Reason): boolean => field === 'state' && from === undefined;

/** Labels bring back what exists; what only the state knew (the applications' secrets) comes from its earlier versions. */
export const noticeLostState = ({ state, intent, notices, target }: Planning, changes: readonly Change[]): void => {
  const found = changes.filter(({ action, reasons }) => action === 'adopt' || reasons.some(unknownToState)).length;
  if (state !== null || intent === 'destroy' || found === 0) return;
  notices.add(
    `there is no state, although ${found} things carry our labels: if it was lost, bring it back with its secrets first: reconcile state rebuild ${target}`,
  );
};

/** Things that look like ours and are not judged, and what runs on beside the plan: to be read, not changed. */
export const noticeOthers = ({ environment, intent, world, notices, observation }: Planning): void => {
  for (const { item } of world.others) {
    const { labels } = item;
    const mine =
      labels[labelNames.project] === environment.project && labels[labelNames.environment] === environment.name;
    if (!mine) continue;
    const address = labels[labelNames.address];
    const what = `${item.kind} ${item.name} (id ${item.id}) carries the labels of this environment`;
    notices.add(
      address === undefined
        ? `${what} but no address label, so nobody knows what it stands for: it is left alone`
        : `${what} and the address label ${address}, which cannot be its own: it is left alone`,
    );
  }
  if (intent === 'destroy')
    for (const [kind, list] of Object.entries(observation.lists))
      if (list?.complete === false) notices.add(`the list of kind ${kind} is incomplete, so something may be left`);
};
