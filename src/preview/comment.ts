import { formatCents } from '../domain/money.ts';
import type { Images } from '../domain/preview.ts';
import { age as ageText, instant } from '../domain/times.ts';
import { cutEnd, fence, link, nameCode, prose, sentence, visibleText } from './escape.ts';
import type { CommentView, GoneBecause } from './types.ts';

/*
 * What the templates of a comment are filled with: Markdown, and harmless whatever was in the view. All texts of people
 * and programs pass through escape.ts on their way in here, and are cut so that all together fit into a comment.
 */

export const headlines: Readonly<Record<CommentView['state'], { readonly icon: string; readonly title: string }>> = {
  creating: { icon: '🟡', title: 'The preview is being made' },
  updating: { icon: '🟡', title: 'The preview is being updated' },
  deployed: { icon: '🟢', title: 'The preview is up' },
  failed: { icon: '🔴', title: 'The preview failed' },
  stopped: { icon: '🌙', title: 'The preview sleeps' },
  destroyed: { icon: '⚪\ufe0f', title: 'The preview is gone' },
  'waiting-for-approval': { icon: '✋', title: 'The preview waits for an approval' },
  'waiting-for-images': { icon: '⏳', title: 'The preview waits for its images' },
  'waiting-for-place': { icon: '⏳', title: 'The preview waits for a place' },
  'author-limit': { icon: '⏳', title: 'The preview waits: its author has no place left' },
  budget: { icon: '⏳', title: 'The preview waits: the budget is taken' },
  draft: { icon: '⚪\ufe0f', title: 'No preview of a draft' },
};

const goneBecause = ['closed', 'merged', 'dismissed', 'expired', 'evicted', 'not-approved'] as const;
type Told = (typeof goneBecause)[number];
const isTold = (because: GoneBecause | null): because is Told => goneBecause.some((one) => one === because);

/** A flag for each, so that a template can ask for one. */
const flags = <Name extends string>(names: readonly Name[], on: Name | null): Readonly<Record<Name, boolean>> =>
  Object.fromEntries(names.map((name) => [name, name === on])) as Record<Name, boolean>;

/** For `templates/pr-state.md.hbs`. */
export const stateData = (view: CommentView) => {
  const { state, policy, deployedSha, headSha, detail } = view;
  const failed = state === 'failed';
  const evicted = view.because === 'evicted';
  return {
    is: flags(Object.keys(headlines) as CommentView['state'][], state),
    because: { ...flags(goneBecause, isTold(view.because) ? view.because : null), other: !isTold(view.because) },
    server: policy.mode === 'server',
    evicts: policy.atCap === 'evict-oldest-idle',
    head: shortSha(headSha),
    headLink: commitLink(view, headSha),
    deployed: deployedSha !== null && deployedSha !== headSha && shortSha(deployedSha),
    approve: fence(`/deploy ${hexOf(headSha)}`, { lines: 1, characters: 100 }),
    author: nameCode(view.author, 100),
    dismissedBy: view.dismissedBy !== null && nameCode(view.dismissedBy, 100),
    places: count(policy.max, 'place'),
    authorPlaces: count(policy.maxPerAuthor ?? 0, 'preview'),
    budgetText: policy.budgetCents === undefined ? 'so much' : euros(policy.budgetCents),
    monthly: view.monthlyCents !== null && euros(view.monthlyCents),
    ttl: age(policy.ttlMs),
    idleStop: policy.idleStopMs !== undefined && age(policy.idleStopMs),
    output: failed && detail !== null && fence(detail, { lines: 30, characters: 6_000 }),
    madeRoom: evicted && detail !== null && sentence(detail),
    detail: !failed && !evicted && detail !== null && sentence(detail),
    facts: factsTable(view),
    holders: holdersTable(view),
  };
};

/** For `templates/pr-comment.md.hbs`; `state` is the other template, filled. */
export const frameData = (view: CommentView, state: string) => ({
  ...headlines[view.state],
  state,
  environment: nameCode(view.environment, 30),
  updated: day(view.updatedAt),
  run: runLink(view.runUrl),
  images: imagesTable(view.images),
});

/** A number and its unit stay on one line; `< 1 min` is no tag. */
const age = (ms: number): string => ageText(ms).replaceAll(' ', '\u00a0').replace('<', '&lt;');
const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
const euros = (cents: number): string => formatCents(Math.round(cents));
const runLink = (url: string | null): string | false => (url === null ? false : link('this run', url));
/** Seven digits, as GitHub shows them. */
const hexOf = (sha: string): string => sha.replaceAll(/[^0-9a-f]/g, '').slice(0, 64);
const shortSha = (sha: string): string => nameCode(hexOf(sha).slice(0, 7));
const commitLink = ({ repositoryUrl, pullRequest }: CommentView, sha: string): string =>
  link(shortSha(sha), repositoryUrl === null ? null : `${repositoryUrl}/pull/${pullRequest}/commits/${hexOf(sha)}`);
export const day = (iso: string): string =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.]*Z$/.test(iso) ? instant(iso) : prose(iso, 40);

type Fact = readonly [label: string, value: string];

/** Only what holds in this state; the first line is the table's head, for Markdown knows no table without. */
const factsTable = (view: CommentView): string | false => {
  const facts = factsOf(view);
  const [first, ...others] = facts.map(([label, value]) => `| ${label} | ${value} |`);
  return first === undefined ? false : [first, '| :-- | :-- |', ...others].join('\n');
};

const factsOf = (view: CommentView): readonly Fact[] => {
  const { url, deployedSha, goesAt, images, approvedBy, policy } = view;
  if (url === null || deployedSha === null) return costFact(view);
  const idle = policy.idleStopMs === undefined ? '' : `; sleeps after ${age(policy.idleStopMs)}`;
  return [
    ['Address', link(nameCode(url.replace(/^https?:\/\//, '').replace(/\/$/, '')), url)],
    [
      'Commit',
      commitLink(view, deployedSha) + (approvedBy === null ? '' : `, approved by ${nameCode(approvedBy, 100)}`),
    ],
    ...imagesFact(images),
    ...costFact(view),
    ...(goesAt === null ? [] : ([['Expires', `${day(goesAt)} if nobody works on it${idle}`]] as const)),
    ['Logs', `\`/logs${firstJob(images)}\``],
    ['Remove it', '`/destroy`, or close the pull request'],
  ];
};

const firstJob = (images: Images | null): string => {
  const [job] = Object.keys(images ?? {}).sort();
  return job !== undefined && /^[a-z0-9-]{1,63}$/.test(job) ? ` ${job}` : '';
};

const costFact = ({ costSoFarCents, monthlyCents }: CommentView): readonly Fact[] => {
  const said = [
    ...(costSoFarCents === null ? [] : [`${euros(costSoFarCents)} so far`]),
    ...(monthlyCents === null ? [] : [`${euros(monthlyCents)} a month`]),
  ];
  return costSoFarCents === null ? [] : [['Cost', said.join(', ')]];
};

/** More jobs than this are only counted. */
const imagesMax = 12;

/** The first digits of a digest tell two builds apart; in whole they are folded away. */
const imagesFact = (images: Images | null): readonly Fact[] => {
  const all = Object.entries(images ?? {});
  if (all.length === 0) return [];
  const shown = all.slice(0, imagesMax).map(([job, image]) => `${nameCode(job, 63)} ${nameCode(shortImage(image))}`);
  const more = all.length > imagesMax ? [`and ${all.length - imagesMax} more`] : [];
  return [['Images', [...shown, ...more].join('<br>')]];
};

const shortImage = (image: string): string => {
  const digest = /@sha256:([0-9a-f]{12})[0-9a-f]*$/.exec(image)?.[1];
  if (digest !== undefined) return `sha256:${digest}`;
  return cutEnd(visibleText(image.slice(image.lastIndexOf('/') + 1)), 60);
};

const imagesTable = (images: Images | null): string | false => {
  const all = Object.entries(images ?? {}).slice(0, imagesMax);
  if (all.length === 0) return false;
  return [
    '| job | image |',
    '| :-- | :-- |',
    ...all.map(([job, image]) => `| ${nameCode(job, 63)} | ${nameCode(image, 300)} |`),
  ].join('\n');
};

/** So many have a place in the table; a cap may be higher. */
const holdersMax = 50;

const holdersTable = ({ holders, updatedAt }: CommentView): string | false => {
  if (holders.length === 0) return false;
  const now = Date.parse(updatedAt);
  const rows = holders.slice(0, holdersMax).map(({ environment, since, idleMs }) => {
    const has = now - Date.parse(since);
    return `| ${nameCode(environment, 30)} | ${Number.isFinite(has) ? age(has) : '-'} | ${idleMs === null ? '-' : age(idleMs)} |`;
  });
  const more = holders.length > holdersMax ? [`| and ${holders.length - holdersMax} more | | |`] : [];
  return ['| preview | has its place for | idle for |', '| :-- | --: | --: |', ...rows, ...more].join('\n');
};
