import { environmentName, environmentTypes, type Target, targetOfName } from '../domain/environment.ts';
import { UsageError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { suggestion } from './suggest.ts';

export const targetsText = 'production, staging, pr <number> or pool';

/** Pull request numbers of code hosts are positive; the bound keeps `pr-<number>` a valid label and host name. */
const pullRequestMax = 9_999_999;

/** `production`, `staging`, `pr 7`, and `pr-7` as it stands in labels and lists. */
export const parseTarget = (words: readonly string[], help: string, also?: 'previews too'): Target => {
  const [first, second, ...more] = words;
  if (first === undefined) throw new UsageError(`no target given: write ${targetsText}`, { next: help });
  const dashed = /^pr-(.+)$/.exec(first);
  if (dashed?.[1] !== undefined) {
    refuseMore(first, second === undefined ? [] : [second, ...more], help);
    return { type: 'pr', pullRequest: pullRequestNumber(dashed[1], help) };
  }
  if (first === 'pr') {
    if (second === undefined && also === 'previews too') return { type: 'pr' };
    if (second === undefined) throw new UsageError('pr needs the number of a pull request, e.g. pr 7', { next: help });
    const pullRequest = pullRequestNumber(second, help);
    refuseMore(`pr ${second}`, more, help);
    return { type: 'pr', pullRequest };
  }
  if (first === 'production' || first === 'staging' || first === 'pool') {
    refuseMore(first, second === undefined ? [] : [second, ...more], help);
    return { type: first };
  }
  const meant = suggestion(first, environmentTypes);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new UsageError(`${first} is no target: targets are ${targetsText}${hint}`, { next: help });
};

export const pullRequestNumber = (text: string, help: string): number => {
  const number = Number(text);
  if (/^[1-9]\d*$/.test(text) && number <= pullRequestMax) return number;
  throw new UsageError(`${text} is no pull request number: write a whole number from 1 to ${pullRequestMax}`, {
    next: help,
  });
};

const refuseMore = (target: string, more: readonly string[], help: string): void => {
  if (more.length > 0)
    throw new UsageError(`${target} takes nothing after it, found: ${more.join(' ')}`, { next: help });
};

export const targetOfPlan = (plan: Plan): Target => {
  const target = targetOfName(plan.environment);
  if (target !== undefined && environmentName(target) === plan.environment && target.type === plan.environmentType)
    return target;
  throw new UsageError(`the plan names an unknown environment: ${plan.environment}`);
};
