import pLimit from 'p-limit';
import { environmentFor } from '../config/environment.ts';
import { costReport } from '../cost/cost.ts';
import type { Environment } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import { withoutControls } from '../domain/plain-text.ts';
import type { PreviewPolicy } from '../domain/preview.ts';
import type { Deployed, PreviewWorld, Removed } from '../ports/previews.ts';
import type { PreviewOptions } from '../ports/session.ts';
import { changeShared, sharedState } from '../statefile/change-shared.ts';
import { readPlaces } from '../statefile/places.ts';
import { readState } from '../statefile/read.ts';
import type { Context } from './context.ts';
import { environmentUrl } from './outputs.ts';
import { sharedOptions } from './places.ts';
import { type Changing, deployPreview, destroyPreview } from './preview-changes.ts';
import { existingPreviews } from './preview-existing.ts';
import { previewExtras } from './preview-extras.ts';
import { logsOf, statusLines } from './preview-reading.ts';
import { shareLists } from './shared-lists.ts';

/** What other parts of the project add to previews. */
export interface PreviewExtras {
  /** Stops a preview's jobs and keeps the rest; absent: nothing is cheap enough to be kept. */
  readonly stop?: (changing: Changing, pullRequest: number) => Promise<Removed>;
  /** What a sweep cleans up beside previews; lines of what each did. */
  readonly tidy?: readonly ((changing: Changing) => Promise<readonly string[]>)[];
}

/** Previews as the life cycle sees them, on top of the sessions that the command line uses too. */
export const createPreviewWorld = (
  shared: Context,
  options: PreviewOptions,
  extras: PreviewExtras = previewExtras,
): PreviewWorld => {
  const lists = shareLists(shared.cloud, shared.clock);
  const context: Context = { ...shared, cloud: lists.cloud };
  const changing: Changing = { context, lists, ...options };
  const previewOf = (pullRequest: number): Environment => environmentFor(context.config, { type: 'pr', pullRequest });
  // One lease at a time opens the gate before the cloud (statefile/gate.ts).
  const inTurn = pLimit(1);
  const destroy = (pullRequest: number) => inTurn(async () => told(await destroyPreview(changing, pullRequest)));
  // Messages of programs and servers: harmless to a terminal here; markup is for whoever shows them.
  const told = <R extends Deployed | Removed>(result: R): R =>
    'message' in result ? { ...result, message: withoutControls(context.redacted(result.message)) } : result;
  return {
    policy: policyOf(previewOf(1)),
    existing: () =>
      inTurn(() => {
        lists.look('still');
        return existingPreviews(context, options.kinds, options);
      }),
    async places() {
      const places = Object.entries(await readPlaces(sharedOptions(context)));
      return places.map(([environment, { at }]) => ({ environment, at })).sort((a, b) => (a.at < b.at ? -1 : 1));
    },
    async records() {
      const loaded = await readState(context.store, sharedState, context.config.project, null);
      return loaded?.state.previews ?? {};
    },
    async record(environment, change) {
      const stored = await changeShared(sharedOptions(context), {
        opens: false,
        decide: (before) => {
          const { [environment]: own, ...others } = before.previews ?? {};
          const next = change(own);
          if (next === own) return undefined;
          return { ...before, previews: next === undefined ? others : { ...others, [environment]: next } };
        },
      });
      return stored?.previews?.[environment];
    },
    deploy: (wanted) => inTurn(async () => told(await deployPreview(changing, wanted))),
    destroy,
    stop: (pullRequest) =>
      extras.stop === undefined
        ? destroy(pullRequest)
        : inTurn(async () => await (extras.stop ?? destroyPreview)(changing, pullRequest)),
    status: (pullRequest) => inTurn(() => statusLines(changing, pullRequest)),
    logs: (pullRequest, job, lines) => inTurn(() => logsOf(changing, pullRequest, job, lines)),
    async monthlyCentsOfOne() {
      const report = costReport({ environments: [previewOf(1)], prices: await context.cloud.prices() });
      return report.environments[0]?.monthlyCents ?? 0;
    },
    urlOf: (pullRequest) => environmentUrl(previewOf(pullRequest)),
    async tidy() {
      const lines: string[] = [];
      for (const one of extras.tidy ?? []) lines.push(...(await inTurn(() => one(changing))));
      return lines;
    },
  };
};

const policyOf = ({ preview }: Environment): PreviewPolicy => {
  if (preview !== undefined) return preview;
  throw new Failure('infra.yaml says nothing of previews', { next: 'write "pr: {}" under environments' });
};
