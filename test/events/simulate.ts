import type { PullRequest } from '../../src/ports/code-host.ts';
import { requestsMax } from '../../src/preview/context.ts';
import type { Wake } from '../../src/preview/types.ts';
import { createLab, imagesOf, type Lab, type Sabotage } from './live.ts';
import { type Act, type Delivery, type Move, people, type Said, type Story, storyOf } from './moves.ts';
import { startOfTime } from './timeline.ts';
import { createWitness, type Rule, type Violation, type Witness } from './witness.ts';

export interface Seen {
  readonly violations: readonly Violation[];
  readonly story: readonly string[];
  readonly counts: {
    events: number;
    lost: number;
    doubled: number;
    reordered: number;
    raced: number;
    killed: number;
    creations: number;
    destructions: number;
    mostRequests: number;
  };
}

export const simulateSeed = (seed: number, sabotage?: Sabotage): Promise<Seen> => simulate(storyOf(seed), sabotage);

export const noCounts = (): Seen['counts'] => ({
  events: 0,
  lost: 0,
  doubled: 0,
  reordered: 0,
  raced: 0,
  killed: 0,
  creations: 0,
  destructions: 0,
  mostRequests: 0,
});

/** Lives through one story, then through one sweep, and says what should not have been. */
export const simulate = async ({ policy, moves }: Story, sabotage?: Sabotage): Promise<Seen> => {
  const lab = createLab(policy, sabotage);
  const witness = createWitness(lab);
  const counts = noCounts();
  for (const [login, { permission }] of Object.entries(people)) lab.truth.allow(login, permission);
  lab.tell(`policy ${JSON.stringify(policy)}`);
  const telling: Telling = { lab, counts, lastSent: 0, sentAt: [] };
  for (const [index, move] of moves.entries())
    lab.timeline.at(startOfTime + move.at, () => carryOut(telling, move, index));
  await lab.timeline.run();
  lab.outages.clear();
  lab.tell('everything is quiet; one sweep');
  lab.start('sweep', 1);
  await lab.timeline.run();
  const stuck = lab.processes.find((one) => !one.done && !one.dead);
  if (stuck !== undefined) violate(lab, witness, 'left without', `${stuck.name} never ended`);
  witness.end();
  for (const { report, requests, deploys, name, madeAgain } of lab.processes) {
    // One event, one look, one deploy: whatever came in between was another event.
    const once = report?.looked.length === 1 && deploys < 2;
    if (!once || name.endsWith('sweep') || madeAgain) continue;
    counts.mostRequests = Math.max(counts.mostRequests, requests());
    if (requests() > requestsMax) violate(lab, witness, 'requests', `${requests()} by ${name}`);
  }
  counts.creations = witness.created;
  counts.destructions = witness.destroyed;
  return { violations: witness.violations, story: lab.story, counts };
};

const violate = (lab: Lab, { violations }: Witness, rule: Rule, text: string): void => {
  violations.push({ rule, text: `${rule}: ${text}` });
  lab.tell(`VIOLATION ${rule}: ${text}`);
};

interface Telling {
  readonly lab: Lab;
  readonly counts: Seen['counts'];
  lastSent: number;
  readonly sentAt: number[];
}

const shaFor = (number: number, index: number): string =>
  `${(number * 4096 + index + 0x1000000).toString(16)}`.padEnd(40, 'abcdef0123456789');

const carryOut = (telling: Telling, move: Move, index: number): void => {
  const { lab } = telling;
  const { act, seed } = move;
  lab.tell(JSON.stringify(act));
  if (act.kind === 'sweep') lab.start('sweep', seed);
  else if (act.kind === 'kill') kill(telling, move);
  else if (act.kind === 'outage') lab.outages.set(act.of, lab.timeline.now() + act.ms);
  else if (act.kind === 'permission') lab.truth.allow(act.of, act.to);
  else if (act.kind === 'vanish') lab.world.made.delete(`pr-${act.number}`);
  else if (act.kind === 'stray') stray(lab, `pr-${act.number}`);
  else withPull(telling, move, act, index);
};

const withPull = (telling: Telling, move: Move, act: Extract<Act, { number: number }>, index: number): void => {
  const { lab } = telling;
  const pull = lab.host.pulls.get(act.number);
  const change = (action: Changed, to: Partial<PullRequest>): void =>
    changed(telling, move, { ...(pull as PullRequest), ...to }, action);
  if (act.kind === 'open') {
    if (pull === undefined) open(telling, move, act, index);
    return;
  }
  if (pull === undefined) return;
  const isOpen = pull.state === 'open';
  if (act.kind === 'push' && isOpen) {
    change('pushed', { headSha: shaFor(act.number, index) });
    build(telling, move, shaFor(act.number, index));
  }
  if (act.kind === 'draft' && isOpen) change('draft', { draft: true });
  if (act.kind === 'ready' && isOpen && pull.draft) change('ready', { draft: false });
  if (act.kind === 'close' && isOpen) change('closed', { state: 'closed', merged: act.merged });
  if (act.kind === 'reopen' && !isOpen && !pull.merged) change('reopened', { state: 'open' });
  if (act.kind === 'say') say(telling, move, act, index);
  if (act.kind === 'review') review(telling, move, act);
  if (act.kind === 'uncomment')
    for (const [id, one] of lab.host.comments) if (one.number === act.number) lab.host.comments.delete(id);
};

const review = (telling: Telling, move: Move, { number, by, heard }: Extract<Act, { kind: 'review' }>): void => {
  const at = nowText(telling.lab);
  const author = { login: by, association: people[by].association };
  telling.lab.host.reviews.push({ number, by: author, at });
  if (heard) deliver(telling, move, { kind: 'review', number, author, at });
};

/** Of a pull request that there never was: a run of another tool, or of another time. */
const stray = ({ world, policy, timeline }: Lab, environment: string): void => {
  if (world.made.size >= policy.max || world.places.size >= policy.max) return;
  const at = new Date(timeline.now()).toISOString();
  world.places.set(environment, at);
  world.made.set(environment, { images: null, createdAt: at, times: 1 });
};

const nowText = (lab: Lab): string => new Date(lab.timeline.now()).toISOString();

const open = (telling: Telling, move: Move, act: Extract<Act, { kind: 'open' }>, index: number): void => {
  const { lab } = telling;
  const at = nowText(lab);
  const pull: PullRequest = {
    number: act.number,
    state: 'open',
    merged: false,
    draft: act.draft,
    author: { login: act.by, association: people[act.by].association },
    title: `change ${act.number}`,
    headSha: shaFor(act.number, index),
    headRef: 'topic',
    headRepository: act.from === 'here' ? 'acme/shop' : act.from === 'fork' ? `${act.by}/shop` : 'mallory2/shop',
    baseRef: 'main',
    labels: [],
    createdAt: at,
    updatedAt: at,
    closedAt: null,
  };
  lab.truth.set(pull);
  deliver(telling, move, {
    kind: 'pull-request',
    number: act.number,
    action: 'opened',
    sender: act.by,
    at,
    built: null,
  });
  build(telling, move, pull.headSha);
};

type Changed = Extract<Wake, { kind: 'pull-request' }>['action'];

const changed = (telling: Telling, move: Move, to: PullRequest, action: Changed): void => {
  const at = nowText(telling.lab);
  telling.lab.truth.set({ ...to, updatedAt: at });
  deliver(telling, move, {
    kind: 'pull-request',
    number: to.number,
    action,
    sender: to.author.login,
    at,
    built: null,
  });
};

const build = (telling: Telling, move: Move, sha: string): void => {
  if (telling.lab.policy.images === 'configured') return;
  const number = move.seed % 2 === 0 ? null : numberOf(sha);
  const sent = { delivery: move.built, seed: move.seed + 1 };
  deliver(telling, sent, { kind: 'built', number, sha, images: imagesOf(sha) });
};
const numberOf = (sha: string): number => (Number.parseInt(sha.slice(0, 7), 16) - 0x1000000) >> 12;

const texts: Readonly<Record<Exclude<Said, 'deploy-sha'>, string>> = {
  deploy: '/deploy',
  redeploy: '/redeploy',
  destroy: '/destroy',
  extend: '/extend 24h',
  status: '/status',
  logs: '/logs',
  help: '/help',
  typo: '/deplyo',
  chat: 'looks good',
};

/** Reads the page as it is, and writes later about what was on it. */
const say = (telling: Telling, move: Move, act: Extract<Act, { kind: 'say' }>, index: number): void => {
  const { lab } = telling;
  const { number, by, said } = act;
  const readSha = lab.host.pulls.get(number)?.headSha ?? '';
  lab.timeline.at(lab.timeline.now() + act.thinksMs, () => {
    const body = said === 'deploy-sha' ? `/deploy ${readSha}` : texts[said];
    // The commit that was on the page, whatever is the head by now.
    if (said === 'deploy' || said === 'deploy-sha') lab.truth.approve(number, readSha, by);
    const id = 10_000 + index;
    const author = { login: by, association: people[by].association };
    deliver(telling, move, { kind: 'comment', number, id, author, body, createdAt: nowText(lab) });
  });
};

/** Whoever is at work next, in the middle of it. */
const kill = (telling: Telling, move: Move, tries = 0): void => {
  const { lab, counts } = telling;
  const alive = lab.processes.filter((one) => !one.done && !one.dead);
  const victim = alive[move.seed % Math.max(1, alive.length)];
  if (victim === undefined) {
    if (tries < 60)
      lab.timeline.at(lab.timeline.now() + 2_000 + (move.seed % 3_000), () => kill(telling, move, tries + 1));
    return;
  }
  victim.dead = true;
  counts.killed += 1;
  lab.tell(`[${victim.name}] is killed`);
};

type Sent = { readonly delivery: Delivery; readonly seed: number };

const deliver = (telling: Telling, { delivery, seed }: Sent, wake: Wake): void => {
  const { lab, counts } = telling;
  counts.events += 1;
  if (delivery.length === 0) {
    counts.lost += 1;
    lab.tell(`an event is lost: ${wake.kind}`);
  }
  if (delivery.length > 1) counts.doubled += 1;
  const sent = lab.timeline.now();
  for (const [copy, delay] of delivery.entries())
    lab.timeline.at(sent + delay, () => {
      if (sent < telling.lastSent) counts.reordered += 1;
      telling.lastSent = Math.max(telling.lastSent, sent);
      if (lab.processes.some((one) => !one.done && !one.dead)) counts.raced += 1;
      lab.start(wake, seed + copy);
    });
};
