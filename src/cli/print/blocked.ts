import type { Change, Reason } from '../../domain/plan.ts';
import { printNext, printReason } from './change.ts';
import type { Layout } from './layout.ts';
import type { VerdictStyle } from './verdicts.ts';

/** Changes that are blocked for the same reasons, with the same way out. */
interface Block {
  readonly changes: readonly Change[];
  readonly reasons: readonly Reason[];
  /** Blocked only because something else is. */
  readonly waits: boolean;
}

/** Each obstacle once: what it blocks, why, the way out; below, what merely waits for it. */
export const printBlocked = (changes: readonly Change[], verdict: VerdictStyle, layout: Layout): string[] => {
  const { paint } = layout;
  return [
    paint('bold', `${verdict.title} (${changes.length})`),
    ...blocksOf(changes).flatMap((block) => [
      ...block.changes.map(({ address }) => `  ${paint(verdict.style, `${verdict.symbol} ${address}`)}`),
      ...block.reasons.flatMap((reason) => printReason(reason, layout)),
      ...(block.waits ? [] : nextOf(block)).flatMap((next) => printNext(next, layout, '      ')),
    ]),
    '',
  ];
};

const nextOf = ({ changes: [first] }: Block): string[] => (first?.next === undefined ? [] : [first.next]);

const namesMax = 3;

/** For the sentence of a refusal: `server/pr-8-1, network/pr-8: all places are taken`; what only waits is not named. */
export const whyBlocked = (changes: readonly Change[]): string => {
  const blocks = blocksOf(changes);
  const obstacles = blocks.filter((block) => !block.waits);
  return (obstacles.length === 0 ? blocks : obstacles)
    .map(({ changes: among, reasons }) => {
      const names = among.slice(0, namesMax).map(({ address }) => address);
      const more = among.length > namesMax ? ` and ${among.length - namesMax} more` : '';
      const because = reasons.at(-1)?.because;
      return `${names.join(', ')}${more}${because === undefined ? '' : `: ${because}`}`;
    })
    .join('; ');
};

const blocksOf = (changes: readonly Change[]): readonly Block[] => {
  const groups = new Map<string, { changes: Change[]; reasons: readonly Reason[]; waits: boolean }>();
  for (const change of changes) {
    const reasons = obstaclesOf(change);
    const key = JSON.stringify([reasons, change.next]);
    const group = groups.get(key);
    if (group !== undefined) group.changes.push(change);
    else groups.set(key, { changes: [change], reasons, waits: reasons.every(({ field }) => field === 'depends') });
  }
  return [...groups.values()].sort((a, b) => Number(a.waits) - Number(b.waits));
};

/** That a thing is to be made or deleted is no obstacle; it is said only where nothing else is. */
const obstaclesOf = ({ reasons }: Change): readonly Reason[] => {
  const obstacles = reasons.filter(({ field }) => field !== 'existence');
  return obstacles.length === 0 ? reasons : obstacles;
};
