import { comparableLabels, type Labels, labelNames } from '../../domain/labels.ts';
import type { AnyObservedItem } from '../../domain/observation.ts';
import type { AnyResource } from '../../domain/resource.ts';
import { because, labelsText, reason } from '../describe.ts';
import type { Difference } from '../verdict.ts';

/** The whole label map of a thing of ours: PUT replaces it, so every label is named each time. */
export const labelsOf = (want: AnyResource, run: string): Labels => ({
  ...want.labels,
  ...(want.kind === 'server' ? { [labelNames.userData]: want.spec.userDataFingerprint } : {}),
  [labelNames.run]: run,
});

/**
 * Every kind has labels. A label that infra.yaml does not name is a difference too: only so can one be removed from the
 * file. The `user-data` label of servers is judged by diff/server.ts.
 */
export const diffLabels = (want: AnyResource, have: AnyObservedItem, run: string): Difference => {
  const wanted = visible(want.labels);
  const present = visible(have.labels);
  if (labelsText(wanted) === labelsText(present)) return { reasons: [], changes: [] };
  const labels = { ...labelsOf(want, have.labels[labelNames.run] ?? run) };
  const ours = have.labels[labelNames.project] === want.labels[labelNames.project];
  return {
    reasons: [
      reason(
        'labels',
        ours ? because.relabelled : because.unlabelled,
        labelsText(without(present, wanted)),
        labelsText(without(wanted, present)),
      ),
    ],
    changes: [{ op: 'set-labels', labels }],
  };
};

const visible = (labels: Labels): Labels => {
  const { [labelNames.userData]: _userData, ...rest } = comparableLabels(labels);
  return rest;
};

/** Only what the other side lacks: a label map of seven entries with one typo should read as one typo. */
const without = (labels: Labels, other: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name, value]) => other[name] !== value));
