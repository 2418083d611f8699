import type { PreviewPolicy } from '../../../src/domain/preview.ts';
import { sha256Hex } from '../../../src/local/hash.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Account, CodeHost, Permission, PullRequest } from '../../../src/ports/code-host.ts';
import type { Report } from '../../../src/preview/context.ts';
import { createLifeCycle, type LifeCycle } from '../../../src/preview/life.ts';
import type { Wake } from '../../../src/preview/types.ts';
import { createModelHost, type ModelHost } from './host.ts';
import { plainWords } from './words.ts';
import { createModelWorld, type ModelWorld, policyOf } from './world.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export const shaOf = (letter: string): string => letter.repeat(40).slice(0, 40);

const grace: Account = { login: 'grace', association: 'MEMBER' };

/** What is special about one run. */
export interface Otherwise {
  readonly host?: (port: CodeHost) => CodeHost;
  readonly sleep?: Clock['sleep'];
}

/** One repository, one cloud, one clock, and people who do things; what they do is told as events, or not. */
export interface Scene {
  readonly host: ModelHost;
  readonly world: ModelWorld;
  readonly life: LifeCycle;
  readonly lifeWith: (otherwise: Otherwise) => LifeCycle;
  readonly now: () => number;
  readonly pass: (ms: number) => void;
  /** Makes or changes a pull request; tells nobody. */
  readonly pull: (number: number, change?: Partial<PullRequest>) => PullRequest;
  /** Changes it, and tells. */
  readonly event: (
    number: number,
    action: Extract<Wake, { kind: 'pull-request' }>['action'],
    change?: Partial<PullRequest>,
  ) => Promise<Report>;
  readonly say: (number: number, login: string, body: string, id?: number) => Promise<Report>;
  /** Reviews it; no event tells of that. */
  readonly review: (number: number, by?: Account) => void;
  /** Reviews it, in a repository where a workflow listens to reviews. */
  readonly reviewEvent: (number: number, by?: Account) => Promise<Report>;
  readonly built: (number: number, sha: string, tag?: string) => Promise<Report>;
  readonly allow: (login: string, permission: Permission) => void;
  /** Our comment's text. */
  readonly comment: (number: number) => string;
  readonly replies: (number: number) => readonly string[];
  readonly exists: () => readonly string[];
  /** Requests to the host by one action. */
  readonly counted: (work: () => Promise<unknown>) => Promise<number>;
  /** Runs while somebody is at the cloud: `create pr-7`. */
  meanwhile: ((call: string) => Promise<void> | void) | undefined;
}

export const createScene = (given: Partial<PreviewPolicy> = {}): Scene => {
  let now = Date.UTC(2026, 10, 24, 9);
  let comments = 0;
  const nextComment = (): number => {
    comments += 1;
    return comments;
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  const iso = (): string => new Date(now).toISOString();
  const clock: Clock = { now: () => now, sleep: async (ms) => pass(ms) };
  const host = createModelHost();
  const world = createModelWorld(() => now, policyOf(given));
  const around = async <T>(call: string, effect: () => T): Promise<T> => {
    const result = effect();
    await scene.meanwhile?.(call);
    return result;
  };
  const newLife = ({ host: change = (port) => port, sleep = clock.sleep }: Otherwise = {}): LifeCycle =>
    createLifeCycle({
      host: change(host.port(around)),
      world: world.port({ around }),
      clock: { ...clock, sleep },
      words: plainWords,
      hash: sha256Hex,
      repositoryUrl: 'https://github.com/acme/shop',
      runUrl: null,
    });
  // Each event is a process of its own: nothing is remembered between them.
  const life: LifeCycle = {
    on: (wake) => newLife().on(wake),
    look: (number) => newLife().look(number),
    sweep: () => newLife().sweep(),
  };
  const pull: Scene['pull'] = (number, change = {}) => {
    const before = host.pulls.get(number);
    const author = change.author ?? before?.author ?? { login: 'ada', association: 'MEMBER' };
    const next: PullRequest = {
      number,
      state: 'open',
      merged: false,
      draft: false,
      title: `change ${number}`,
      headSha: shaOf('a'),
      headRef: `topic-${number}`,
      headRepository: 'acme/shop',
      baseRef: 'main',
      labels: [],
      createdAt: iso(),
      closedAt: null,
      ...before,
      ...change,
      author,
      updatedAt: change.updatedAt ?? iso(),
    };
    host.pulls.set(number, next);
    return next;
  };
  const scene: Scene = {
    host,
    world,
    life,
    lifeWith: newLife,
    now: () => now,
    pass,
    pull,
    event: (number, action, change) => {
      pull(number, change);
      const sender = host.pulls.get(number)?.author.login ?? 'ada';
      return life.on({ kind: 'pull-request', number, action, sender, at: iso(), built: null });
    },
    say: (number, login, body, id = nextComment()) =>
      life.on({ kind: 'comment', number, id, author: { login, association: 'NONE' }, body, createdAt: iso() }),
    review: (number, by = grace) => void host.reviews.push({ number, by, at: iso() }),
    reviewEvent: (number, author = grace) => life.on({ kind: 'review', number, author, at: iso() }),
    built: (number, sha, tag = sha.slice(0, 12)) =>
      life.on({ kind: 'built', number, sha, images: { web: `docker.io/acme/web:pr-${number}-${tag}` } }),
    allow: (login, permission) => void host.permissions.set(login, permission),
    comment: (number) =>
      [...host.comments.values()].find((one) => one.body.startsWith(plainWords.marker(number)))?.body ?? '',
    replies: (number) =>
      [...host.comments.values()]
        .filter((one) => one.number === number && !one.body.startsWith('<!--'))
        .map(({ body }) => body),
    exists: () => [...world.made.keys()].sort(),
    counted: async (work) => {
      const before = host.requests;
      await work();
      return host.requests - before;
    },
    meanwhile: undefined,
  };
  scene.allow('ada', 'write');
  scene.allow('grace', 'maintain');
  return scene;
};
