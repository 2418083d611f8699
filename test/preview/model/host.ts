import {
  type Account,
  belongs,
  type CheckConclusion,
  type CodeHost,
  type DeploymentState,
  type Permission,
  type PullRequest,
} from '../../../src/ports/code-host.ts';

/** A code host in memory: what stands there, and how many requests each call would have been. */
export interface ModelHost {
  readonly pulls: Map<number, PullRequest>;
  readonly permissions: Map<string, Permission>;
  /** Of all pull requests; ISO 8601. */
  readonly reviews: { readonly number: number; readonly by: Account; readonly at: string }[];
  readonly comments: Map<number, { readonly number: number; body: string; readonly by: 'us' | string }>;
  readonly deployments: Map<
    number,
    { readonly environment: string; readonly sha: string; state: DeploymentState; url: string | null }
  >;
  readonly checks: Map<number, { readonly sha: string; conclusion: CheckConclusion | null; title: string }>;
  /** Every call, in order: `pullRequest 7`. */
  readonly calls: string[];
  requests: number;
  listIncomplete: boolean;
  /** Throws where the host refuses or is down. */
  fails: (call: string) => void;
  /** The port; `around` lets time pass before and after each call's effect. */
  port(around?: Around): CodeHost;
}
export type Around = <T>(call: string, effect: () => T) => Promise<T>;

const atOnce: Around = async (_call, effect) => effect();

export const createModelHost = (repository = 'acme/shop'): ModelHost => {
  let ids = 1000;
  const model: ModelHost = {
    pulls: new Map(),
    permissions: new Map(),
    reviews: [],
    comments: new Map(),
    deployments: new Map(),
    checks: new Map(),
    calls: [],
    requests: 0,
    listIncomplete: false,
    fails: () => {},
    port: (around = atOnce) => portOf(model, repository, around, () => ++ids),
  };
  return model;
};

const portOf = (model: ModelHost, repository: string, around: Around, nextId: () => number): CodeHost => {
  let requests = 0;
  const ask = <T>(name: string, effect: () => T, cost: () => number = () => 1): Promise<T> => {
    const n = cost();
    requests += n;
    model.requests += n;
    model.calls.push(name);
    return around(name, () => {
      model.fails(name);
      return effect();
    });
  };
  const ours = (number: number, marker: string): number | undefined =>
    [...model.comments].find(([, one]) => one.number === number && one.body.startsWith(marker))?.[0];
  return {
    repository,
    pullRequest: (number) => ask(`pullRequest ${number}`, () => model.pulls.get(number) ?? null),
    openPullRequests: () =>
      ask('openPullRequests', () => {
        const items = [...model.pulls.values()].filter(({ state }) => state === 'open');
        return model.listIncomplete
          ? { complete: false, items: items.slice(0, Math.floor(items.length / 2)) }
          : { complete: true, items };
      }),
    permissionOf: (login) => ask(`permissionOf ${login}`, () => model.permissions.get(login) ?? 'none'),
    reviewedAt: (number) =>
      ask(`reviewedAt ${number}`, () => {
        const theirs = model.reviews.filter((one) => one.number === number && belongs(one.by.association));
        return (
          theirs
            .map(({ at }) => at)
            .sort()
            .at(-1) ?? null
        );
      }),
    putComment: (number, { body, marker, known, first }) => {
      const there = known !== null && model.comments.has(known);
      return ask(
        `putComment ${number}`,
        () => {
          const id = known !== null && model.comments.has(known) ? known : first ? undefined : ours(number, marker);
          const comment = id === undefined ? undefined : model.comments.get(id);
          if (id !== undefined && comment !== undefined) {
            comment.body = body;
            return id;
          }
          const made = nextId();
          model.comments.set(made, { number, body, by: 'us' });
          return made;
        },
        () => (there || first ? 1 : known === null ? 2 : 3),
      );
    },
    reply: (number, body) =>
      ask(`reply ${number}`, () => {
        const made = nextId();
        model.comments.set(made, { number, body, by: 'us' });
        return made;
      }),
    putDeployment: ({ known, sha, environment, state, url }) =>
      ask(
        `putDeployment ${environment} ${state}`,
        () => {
          const id = known ?? nextId();
          model.deployments.set(id, { environment, sha: model.deployments.get(id)?.sha ?? sha, state, url });
          return id;
        },
        () => (known === null ? 2 : 1),
      ),
    putCheck: ({ known, sha, conclusion, title }) =>
      ask(`putCheck ${conclusion ?? 'in progress'}`, () => {
        const id = known ?? nextId();
        model.checks.set(id, { sha, conclusion, title });
        return id;
      }),
    putIssue: () => ask('putIssue', () => null),
    usage: () => ({ requests, remaining: null }),
  };
};
