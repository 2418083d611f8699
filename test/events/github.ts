import type { Permission, PullRequest } from '../../src/ports/code-host.ts';
import { canWrite } from '../../src/preview/trust.ts';
import type { ModelHost } from '../preview/model/host.ts';
import type { Timeline } from './timeline.ts';

/** What was true at the code host at which time, which only the checkers know. */
export interface Truth {
  /** Changes a pull request, now. */
  set(pull: PullRequest): void;
  allow(login: string, permission: Permission): void;
  /** A writer read this very commit and said that it may run. */
  approve(number: number, sha: string, by: string): void;
  /** Whether it was so at any time since. */
  couldWriteSince(login: string, since: number): boolean;
  pullsSince(number: number, since: number): readonly PullRequest[];
  isApproved(number: number, sha: string): boolean;
}

export const createTruth = (host: ModelHost, timeline: Timeline): Truth => {
  const permissions = new Map<string, { at: number; permission: Permission }[]>();
  const pulls = new Map<number, { at: number; pull: PullRequest }[]>();
  const approvals: { number: number; sha: string; by: string; at: number }[] = [];
  const since = <T extends { at: number }>(all: readonly T[] | undefined, at: number): readonly T[] => {
    const list = all ?? [];
    const first = list.findLastIndex((one) => one.at <= at);
    return list.slice(Math.max(0, first));
  };
  const truth: Truth = {
    set(pull) {
      host.pulls.set(pull.number, pull);
      pulls.set(pull.number, [...(pulls.get(pull.number) ?? []), { at: timeline.now(), pull }]);
    },
    allow(login, permission) {
      host.permissions.set(login, permission);
      permissions.set(login, [...(permissions.get(login) ?? []), { at: timeline.now(), permission }]);
    },
    approve: (number, sha, by) => void approvals.push({ number, sha, by, at: timeline.now() }),
    couldWriteSince: (login, at) => since(permissions.get(login), at).some(({ permission }) => canWrite(permission)),
    pullsSince: (number, at) => since(pulls.get(number), at).map(({ pull }) => pull),
    isApproved: (number, sha) =>
      approvals.some((one) => one.number === number && one.sha === sha && truth.couldWriteSince(one.by, one.at)),
  };
  return truth;
};
