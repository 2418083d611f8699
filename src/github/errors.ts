import { CodeHostError } from '../domain/errors.ts';
import { redact, type Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import { limitEnds } from './limits.ts';
import { adviceFor, type Needed, namedPermissions, permissionsIn } from './permissions.ts';
import { quoted } from './text.ts';
import { refusalSchema } from './wire.ts';

/** One call, as far as its failure has to speak of it. */
export interface Asked {
  /** `read pull request 7`: goes on after "to". */
  readonly what: string;
  readonly route: string;
  /** Where the answer does not name what is missing; the first choice is advised. */
  readonly needs: Needed;
}
export interface ErrorContext {
  readonly repository: string;
  readonly baseUrl: string;
  readonly token: Secret;
  readonly clock: Clock;
}
/** There is no such thing, or none that the token may see (404, 410). */
export class NotThereError extends CodeHostError {}
/** What octokit throws: an answer with its status, or no answer at all and a cause. */
interface Thrown {
  readonly status?: number;
  readonly message: string;
  readonly cause?: unknown;
  readonly response?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly data: unknown;
  };
}

/**
 * A CodeHostError of whatever octokit threw. Only texts leave here, and they are redacted: its errors carry the request
 * with headers, so none is kept as a cause.
 */
export const failureOf = (error: unknown, asked: Asked, context: ErrorContext): CodeHostError => {
  if (error instanceof CodeHostError) return error;
  const thrown = error as Thrown;
  const { response } = thrown;
  const clean = (text: string): string => quoted(redact(text, [context.token]));
  if (response === undefined) return silence(asked, clean(reasonOf(thrown)), context);
  if (response.status >= 500)
    return silence(asked, `HTTP ${response.status}, ${clean(saidIn(response.data))}`, context);
  return refusal(asked, response, clean, context);
};

const reasonOf = ({ cause, message }: Thrown): string => (cause instanceof Error ? cause.message : message);
const isWrite = ({ route }: Asked): boolean => !route.startsWith('GET ');

const silence = (asked: Asked, reason: string, { baseUrl }: ErrorContext): CodeHostError => {
  const unknown = isWrite(asked) ? '; whether it took effect is unknown' : '';
  return new CodeHostError(
    `GitHub gave no answer to ${asked.what}: ${reason}${unknown}`,
    { kind: isWrite(asked) ? 'unknown' : 'unreachable' },
    { next: `see githubstatus.com and whether ${baseUrl} can be reached, then run the command again` },
  );
};

/** The API's own words with the fields it names; of a page, what it is. */
const saidIn = (data: unknown): string => {
  const refused = refusalSchema.safeParse(data);
  if (!refused.success)
    return typeof data === 'string' && data.trimStart().startsWith('<') ? 'an HTML page' : quoted(String(data), 80);
  const { message, errors = [] } = refused.data;
  const fields = errors.map((one) =>
    typeof one === 'string' ? one : [one.field, one.message ?? one.code].filter(Boolean).join(' '),
  );
  return [message.replaceAll(/\s+/g, ' '), ...fields].join('; ');
};

type Answer = NonNullable<Thrown['response']>;
const refusal = (
  asked: Asked,
  answer: Answer,
  clean: (text: string) => string,
  context: ErrorContext,
): CodeHostError => {
  const said = clean(saidIn(answer.data));
  const told = `GitHub refused to ${asked.what}: ${said} (HTTP ${answer.status})`;
  const { status, headers } = answer;
  if (status === 401)
    return new CodeHostError(
      `GITHUB_TOKEN was refused (${asked.what}): ${said}`,
      { kind: 'refused' },
      { next: newToken },
    );
  const limit = limitEnds({ status, response: { headers } }, context.clock.now());
  if (limit !== undefined || /secondary rate/i.test(said)) return limited(asked, said, limit, context);
  if (status === 403) return forbidden(asked, told, said, headers, context);
  if (status >= 300 && status < 400) return moved(asked, context);
  if (status === 404 || status === 410)
    return new NotThereError(told, { kind: 'refused' }, { next: notVisible(context.repository) });
  return new CodeHostError(told, { kind: 'refused' });
};

const newToken =
  'set GITHUB_TOKEN to a token that is valid: in a workflow `env: { GITHUB_TOKEN: "${{ github.token }}" }`, by hand ' +
  'a fine-grained one of github.com/settings/personal-access-tokens, or `gh auth token`';

export const notVisible = (repository: string): string =>
  `GitHub shows ${repository} only to tokens that may see it: check the name (github.repository in infra.yaml, or ` +
  `GITHUB_REPOSITORY), and that GITHUB_TOKEN is for this very repository; the token of a workflow opens only its own`;

export const moved = ({ what }: Asked, { repository }: ErrorContext, to?: string): CodeHostError =>
  new CodeHostError(
    `GitHub refused to ${what}: ${repository} has moved${to === undefined ? '' : ` to ${quoted(to, 140)}`}`,
    { kind: 'refused' },
    {
      next: `write its new name${to === undefined ? '' : `, ${quoted(to, 140)},`} as github.repository in infra.yaml, or set GITHUB_REPOSITORY`,
    },
  );

const limited = (
  { what }: Asked,
  said: string,
  limitMs: number | undefined,
  { clock }: ErrorContext,
): CodeHostError => {
  const at = new Date(clock.now() + (limitMs ?? 60_000)).toISOString().replace(/\.\d+Z$/, 'Z');
  const minutes = Math.ceil((limitMs ?? 60_000) / 60_000);
  return new CodeHostError(
    `GitHub's rate limit is used up (${what}) until ${at}, in ${minutes} min: ${said}`,
    { kind: 'rate-limited' },
    {
      next: `run the command again after ${at}; a workflow's GITHUB_TOKEN has 1,000 requests an hour for each repository`,
    },
  );
};

const forbidden = (
  asked: Asked,
  told: string,
  said: string,
  headers: Answer['headers'],
  context: ErrorContext,
): CodeHostError => {
  if (/authenticate via a GitHub App/i.test(said))
    return new CodeHostError(told, { kind: 'no-permission', permission: 'checks=write' }, { next: appsOnly });
  if (headers['x-github-sso'] !== undefined)
    return new CodeHostError(
      told,
      { kind: 'refused' },
      { next: `authorise the token for single sign-on of the organisation of ${context.repository}` },
    );
  if (!/resource not accessible/i.test(said)) return new CodeHostError(told, { kind: 'refused' });
  const needed = permissionsIn(headers['x-accepted-github-permissions']) ?? asked.needs;
  return new CodeHostError(
    `${told}; GITHUB_TOKEN lacks ${namedPermissions(needed)}`,
    { kind: 'no-permission', permission: needed },
    { next: `${adviceFor(needed, asked.needs)}; a pull request from a fork never gets a token that writes` },
  );
};
const appsOnly =
  'check runs are made by apps only: use the GITHUB_TOKEN of a workflow with "checks: write" under permissions:, ' +
  'or the token of a GitHub App';
