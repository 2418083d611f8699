import { CodeHostError } from '../../src/domain/errors.ts';
import type { Images, PreviewPolicy, PreviewRecord } from '../../src/domain/preview.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';
import type { PreviewWorld } from '../../src/ports/previews.ts';
import type { Report } from '../../src/preview/context.ts';
import { createLifeCycle } from '../../src/preview/life.ts';
import type { Wake } from '../../src/preview/types.ts';
import { type Around, createModelHost, type ModelHost } from '../preview/model/host.ts';
import { plainWords } from '../preview/model/words.ts';
import { createModelWorld, type ModelWorld } from '../preview/model/world.ts';
import { type Chance, chanceOf } from '../simulation/fast/chance.ts';
import { createTruth, type Truth } from './github.ts';
import { createTimeline, type Timeline } from './timeline.ts';

export const sabotages = ['no-recheck', 'no-trust', 'no-cap', 'no-complete', 'no-lease', 'no-reviews'] as const;
export type Sabotage = (typeof sabotages)[number];

/** One run of ours: it sees the world through ports of its own, in its own time, and can be killed at any await. */
export interface Process {
  readonly name: string;
  readonly startedAt: number;
  /** Others use the list of pull requests only to find whose commit it is. */
  readonly isSweep: boolean;
  dead: boolean;
  done: boolean;
  report: Report | null;
  /** To the code host. */
  requests: () => number;
  /** Deploys it began: a push in the middle of one is another event. */
  deploys: number;
  /** Somebody deleted our comment, so it had to be looked for and made again. */
  madeAgain: boolean;
  /** The last answer of that list did not come whole. */
  readonly incomplete: Set<'host' | 'cloud'>;
}

export interface Lab {
  readonly timeline: Timeline;
  readonly host: ModelHost;
  readonly world: ModelWorld;
  readonly truth: Truth;
  readonly processes: Process[];
  readonly story: string[];
  readonly outages: Map<string, number>;
  readonly policy: PreviewPolicy;
  readonly sabotage: Sabotage | undefined;
  /** Told of every change to what is remembered. */
  recorded: (environment: string, before: PreviewRecord | undefined, next: PreviewRecord | undefined) => void;
  /** Who is at the cloud right now, for the checkers. */
  acting: Process | null;
  start(what: Wake | 'sweep', seed: number): Process;
  tell(line: string): void;
}

export const createLab = (policy: PreviewPolicy, sabotage: Sabotage | undefined): Lab => {
  const timeline = createTimeline();
  const host = createModelHost();
  const world = createModelWorld(timeline.now, policy);
  world.leasing = sabotage !== 'no-lease';
  world.capped = sabotage !== 'no-cap';
  world.asksWhetherWanted = sabotage !== 'no-recheck';
  const lab: Lab = {
    timeline,
    host,
    world,
    truth: createTruth(host, timeline),
    processes: [],
    story: [],
    outages: new Map(),
    policy,
    sabotage,
    acting: null,
    recorded: () => {},
    start: (what, seed) => start(lab, what, seed),
    tell: (line) => void lab.story.push(`${clockText(timeline.now())} ${line}`),
  };
  const isOut = (what: string): boolean => (lab.outages.get(what) ?? 0) > timeline.now();
  host.fails = (call) => {
    if (!isOut('host')) return;
    throw new CodeHostError(`${call}: 503`, { kind: 'unreachable' });
  };
  world.fails = (what, environment) =>
    isOut(what === 'deploy' ? 'deploys' : 'destroys') ? `${what} of ${environment} went wrong` : null;
  return lab;
};

const clockText = (ms: number): string => new Date(ms).toISOString().slice(8, 23);

const start = (lab: Lab, what: Wake | 'sweep', seed: number): Process => {
  const chance = chanceOf(seed);
  const name = `${lab.processes.length + 1} ${what === 'sweep' ? 'sweep' : wakeText(what)}`;
  const process: Process = {
    name,
    startedAt: lab.timeline.now(),
    isSweep: what === 'sweep',
    dead: false,
    done: false,
    report: null,
    requests: () => 0,
    deploys: 0,
    madeAgain: false,
    incomplete: new Set(),
  };
  lab.processes.push(process);
  lab.tell(`[${name}] begins`);
  const host = hostOf(lab, process, chance);
  process.requests = () => host.usage().requests;
  const life = createLifeCycle({
    host,
    world: worldOf(lab, process, chance),
    clock: { now: lab.timeline.now, sleep: (ms) => sleep(lab, process, ms) },
    words: plainWords,
    hash: cheapHash,
    repositoryUrl: null,
    runUrl: null,
  });
  const running = what === 'sweep' ? life.sweep() : life.on(what);
  running.then(
    (report) => {
      process.done = true;
      process.report = report;
      const did = report.looked.flatMap((one) => [...one.did, `${one.environment}=${JSON.stringify(one.verdict)}`]);
      const problems = report.problems.map(({ message }) => message);
      lab.tell(`[${name}] ends: ${[...did, ...problems, ...report.notes].join('; ') || 'nothing'}`);
    },
    (error) => {
      process.done = true;
      lab.tell(`[${name}] threw ${error}`);
      throw error;
    },
  );
  return process;
};

const wakeText = (wake: Wake): string => {
  if (wake.kind === 'ignored') return 'ignored';
  if (wake.kind === 'pull-request') return `${wake.action} ${wake.number}`;
  if (wake.kind === 'comment') return `comment ${wake.id} on ${wake.number} by ${wake.author.login}: ${wake.body}`;
  return wake.kind === 'built' ? `built ${wake.sha.slice(0, 7)}` : `${wake.kind} ${wake.number}`;
};

const sleep = (lab: Lab, process: Process, ms: number): Promise<void> =>
  new Promise((resolve) => lab.timeline.at(lab.timeline.now() + ms, () => void (process.dead || resolve())));

/** A request goes out, has its effect, and its answer comes back: others act in between. */
const aroundFor =
  (lab: Lab, process: Process, chance: Chance): Around =>
  (_call, effect) =>
    new Promise((resolve, reject) => {
      const { timeline } = lab;
      const back = (settle: () => void): void =>
        timeline.at(timeline.now() + chance.below(400), () => void (process.dead || settle()));
      timeline.at(timeline.now() + chance.below(400), () => {
        if (process.dead) return;
        lab.acting = process;
        try {
          const result = effect();
          back(() => resolve(result));
        } catch (error) {
          back(() => reject(error));
        } finally {
          lab.acting = null;
        }
      });
    });

const hostOf = (lab: Lab, process: Process, chance: Chance): CodeHost => {
  const around = aroundFor(lab, process, chance);
  const port = lab.host.port((call, effect) =>
    around(call, () => {
      lab.host.listIncomplete = (lab.outages.get('host-list') ?? 0) > lab.timeline.now();
      return effect();
    }),
  );
  return {
    ...port,
    putComment: (number, wanted) => {
      process.madeAgain ||= wanted.known !== null && !lab.host.comments.has(wanted.known);
      return port.putComment(number, wanted);
    },
    permissionOf: async (login) => {
      const permission = await port.permissionOf(login);
      return lab.sabotage === 'no-trust' ? 'write' : permission;
    },
    reviewedAt: async (number) => {
      const at = await port.reviewedAt(number);
      return lab.sabotage === 'no-reviews' ? null : at;
    },
    openPullRequests: async () => whole(lab, process, 'host', await port.openPullRequests()),
  };
};

const worldOf = (lab: Lab, process: Process, chance: Chance): PreviewWorld => {
  const around = aroundFor(lab, process, chance);
  const port = lab.world.port({
    around: (call, effect) =>
      around(call, () => {
        lab.world.cloudIncomplete =
          lab.sabotage !== 'no-complete' && (lab.outages.get('cloud-list') ?? 0) > lab.timeline.now();
        if (call === 'existing') lab.world.cloudIncomplete = (lab.outages.get('cloud-list') ?? 0) > lab.timeline.now();
        return effect();
      }),
    making: () => sleep(lab, process, 3_000 + chance.below(120_000)),
    alive: () => !process.dead,
    policy: lab.sabotage === 'no-cap' ? { ...lab.policy, max: 1000 } : lab.policy,
  });
  return {
    ...port,
    deploy: async (wanted) => {
      const result = await port.deploy(wanted);
      if (result.result === 'deployed' || result.result === 'failed') process.deploys += 1;
      return result;
    },
    record: (environment, change) =>
      port.record(environment, (before) => {
        const next = change(before);
        lab.recorded(environment, before, next);
        return next;
      }),
    existing: async () => whole(lab, process, 'cloud', await port.existing()),
  };
};

const whole = <T extends { readonly complete: boolean }>(
  lab: Lab,
  process: Process,
  what: 'host' | 'cloud',
  list: T,
): T => {
  if (list.complete) process.incomplete.delete(what);
  else if (what === 'cloud' || process.isSweep) process.incomplete.add(what);
  return lab.sabotage === 'no-complete' ? { ...list, complete: true } : list;
};

/** FNV-1a twice: a fingerprint need not be safe here, only quick. */
const cheapHash = (text: string): string => {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i += 1) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return `${(a >>> 0).toString(16).padStart(8, '0')}${(b >>> 0).toString(16).padStart(8, '0')}`;
};

export const imagesOf = (sha: string): Images => ({ web: `web:${sha}` });
