import { labelNames } from '../domain/labels.ts';
import type { Planning } from './context.ts';

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
