import type { Change, ChangeAction, Plan } from './plan.ts';

/** Verdicts after which something is gone that was there: a disk, a server, a record. */
const destructiveActions: readonly ChangeAction[] = ['delete', 'replace', 'rebuild'];

/** What let a runner in at port 22, and is over: nobody misses it (`domain/access-rule.ts`). */
const isLeftRule = ({ address }: Change): boolean => leftRule.test(address);
const leftRule = /^firewall\/.+-access-\d{8}T\d{6}-[0-9a-f]+$/;

export const destructiveChanges = (plan: Plan): readonly Change[] =>
  plan.changes.filter((change) => destructiveActions.includes(change.action) && !isLeftRule(change));

/**
 * What somebody has to approve of a plan, as one word of a command line: `rebuild:server/production-2,delete:job/old`;
 * `none`: nothing. It travels from the job of a pipeline that plans to the job that carries out.
 */
export const approvalOf = (plan: Plan): string =>
  destructiveChanges(plan)
    .map(({ action, address }) => `${action}:${address}`)
    .sort()
    .join(',') || 'none';

/**
 * What the plan destroys beyond what was approved. The world may have moved since the plan that was approved: less than
 * that is fine, anything else is not.
 */
export const notApproved = (plan: Plan, approved: string): readonly Change[] => {
  const words = new Set(approved.split(',').map((word) => word.trim()));
  return destructiveChanges(plan).filter(({ action, address }) => !words.has(`${action}:${address}`));
};
