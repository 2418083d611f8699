import { type Address, isAddress } from '../domain/address.ts';
import { UsageError } from '../domain/errors.ts';
import { imageFrom } from '../domain/image-reference.ts';
import { kinds } from '../domain/kinds.ts';
import type { Images } from '../domain/preview.ts';
import type { RecoverAccess } from '../ports/cluster-operations.ts';
import type { AllowRunner } from '../ports/session.ts';
import { durationMs } from './duration.ts';
import { helpCommand } from './help.ts';
import type { LocalChoice } from './io.ts';
import { suggestion } from './suggest.ts';
import { pullRequestNumber } from './target.ts';
import type { Verb } from './verbs.ts';

export interface Options {
  readonly yes: boolean;
  readonly json: boolean;
  readonly local: LocalChoice | null;
  readonly config: string | null;
  readonly only: readonly Address[];
  readonly replace: readonly Address[];
  readonly adopt: readonly Address[];
  /** By job, as typed. */
  readonly images: Images;
  /** `rollback --failed` */
  readonly failed: boolean;
  readonly recoverAccess?: RecoverAccess;
  /** null: nobody is let in. */
  readonly allowRunner: AllowRunner | null;
  /** Of `access open`, `access close`. */
  readonly address: string | null;
  readonly forMs: number | null;
  readonly verbose: boolean;
  readonly color: boolean;
  readonly out: string | null;
  /** Of an earlier document. */
  readonly serial: number | null;
  readonly to: 'local' | 's3' | null;
  /** Milliseconds to wait for another run to end; null: not at all. */
  readonly wait: number | null;
  /** Of `state init`, `state migrate`. */
  readonly previews: boolean;
  readonly all: boolean;
  /** `access close --expired` */
  readonly expired: boolean;
  /** Of `event`; null: as the environment says. */
  readonly event: string | null;
  readonly payload: string | null;
  readonly sha: string | null;
  readonly dryRun: boolean;
  /** Of a pull request that shows the plan in a comment. */
  readonly comment: number | null;
  /** Drift is told in an issue of the code host. */
  readonly issue: boolean;
  /** What the plan may rebuild, replace and delete (`domain/approval.ts`); null: whatever it does. */
  readonly approved: string | null;
  readonly init: Readonly<Partial<Record<'project' | 'domain' | 'location' | 'serverType' | 'sshKey', string>>> & {
    readonly staging?: boolean;
  };
}

/** What commander found, checked and with every default; throws UsageError. */
export const optionsOf = (raw: Readonly<Record<string, unknown>>, verb: Verb): Options => {
  const text = (name: string): string | null => (typeof raw[name] === 'string' ? raw[name] : null);
  const initTexts = ['project', 'domain', 'location', 'serverType', 'sshKey'] as const;
  refuseApart(addresses(raw['only'], '--only', verb), addresses(raw['replace'], '--replace', verb), verb);
  return {
    yes: raw['yes'] === true,
    json: raw['json'] === true,
    local: localKind(text('local'), verb),
    config: text('config'),
    only: addresses(raw['only'], '--only', verb),
    replace: addresses(raw['replace'], '--replace', verb),
    adopt: addresses(raw['adopt'], '--adopt', verb),
    images: imagesOf(raw['image'], verb),
    failed: raw['failed'] === true,
    ...recovery(raw['recoverAccess'] === true, text('sshIdentity'), verb),
    allowRunner: text('allowRunner') === null ? null : { address: text('allowRunner') || null },
    address: text('address'),
    forMs: text('for') === null ? null : durationMs(text('for') ?? '', '--for', helpCommand(verb)),
    verbose: raw['verbose'] === true,
    color: raw['color'] !== false,
    out: text('out'),
    serial: serialOf(text('serial'), verb),
    to: backendOf(text('to'), verb),
    wait: text('wait') === null ? null : durationMs(text('wait') ?? '', '--wait', helpCommand(verb)),
    previews: raw['previews'] === true,
    all: raw['all'] === true,
    expired: raw['expired'] === true,
    event: text('event'),
    payload: text('payload'),
    sha: text('sha'),
    dryRun: raw['dryRun'] === true,
    comment: text('comment') === null ? null : pullRequestNumber(text('comment') ?? '', helpCommand(verb)),
    issue: raw['issue'] === true,
    approved: approvedOf(text('approved'), verb),
    init: {
      ...Object.fromEntries(initTexts.flatMap((name) => (text(name) === null ? [] : [[name, text(name)]]))),
      ...(typeof raw['staging'] === 'boolean' ? { staging: raw['staging'] } : {}),
    },
  };
};

/** `web=acme/shop-web:1.4.2`, each job once. What comes from a pull request is anybody's text. */
const imagesOf = (value: unknown, verb: Verb): Images => {
  const images: Record<string, string> = Object.create(null);
  const next = helpCommand(verb);
  for (const entry of Array.isArray(value) ? value : []) {
    const [job = '', reference = ''] = String(entry).split(/=(.*)/s);
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(job))
      throw new UsageError('--image wants JOB=REFERENCE, like web=acme/shop-web:1.4.2', { next });
    imageFrom(reference, `--image ${job}`, next);
    if (images[job] !== undefined) throw new UsageError(`--image names job ${job} twice`, { next });
    images[job] = reference;
  }
  return { ...images };
};

const recovery = (asked: boolean, identity: string | null, verb: Verb): { readonly recoverAccess?: RecoverAccess } => {
  if (asked) return { recoverAccess: { identity } };
  if (identity === null) return {};
  throw new UsageError('--ssh-identity belongs to --recover-access', { next: helpCommand(verb) });
};

/** `none`, or `rebuild:server/production-2,delete:job/old`. */
const approvedOf = (value: string | null, verb: Verb): string | null => {
  const wrong = (value ?? 'none')
    .split(',')
    .find((word) => word !== 'none' && !/^(rebuild|replace|delete):[a-z-]+\/\S+$/.test(word));
  if (wrong === undefined) return value;
  throw new UsageError(`--approved wants none, or what a plan says under approval, found: ${wrong}`, {
    next: helpCommand(verb),
  });
};

const serialOf = (value: string | null, verb: Verb): number | null => {
  if (value === null) return null;
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw new UsageError(`--serial wants a whole number from 1, found: ${value}`, { next: helpCommand(verb) });
};

const backendOf = (value: string | null, verb: Verb): Options['to'] => {
  if (value === null || value === 'local' || value === 's3') return value;
  throw new UsageError(`--to wants s3 or local, found: ${value}`, { next: helpCommand(verb) });
};

/** What `--only` leaves out would not be replaced, without a word. */
const refuseApart = (only: readonly Address[], replace: readonly Address[], verb: Verb): void => {
  const apart = replace.find((address) => only.length > 0 && !only.includes(address));
  if (apart === undefined) return;
  throw new UsageError(`--replace ${apart} is outside of --only ${only.join(', ')}: name it with --only too`, {
    next: helpCommand(verb),
  });
};

const localKind = (value: string | null, verb: Verb): LocalChoice | null => {
  // Plain `--local` comes without a value (words.ts).
  if (value === '') return 'either';
  if (value === null || value === 'simulated' || value === 'docker') return value;
  throw new UsageError(`${value} is no kind of local cloud: write --local, --local=simulated or --local=docker`, {
    next: helpCommand(verb),
  });
};

const addresses = (value: unknown, flag: string, verb: Verb): Address[] =>
  (Array.isArray(value) ? value : []).map((entry: unknown) => {
    const text = String(entry);
    if (isAddress(text)) return text;
    const [kind = ''] = text.split('/');
    const meant = suggestion(kind, kinds);
    const hint =
      meant === undefined || meant === kind ? '' : `; did you mean ${meant}/${text.slice(kind.length + 1) || '…'}?`;
    throw new UsageError(`${flag} wants an address like server/production-2, found: ${text}${hint}`, {
      next: helpCommand(verb),
    });
  });

/** What says which cloud and which file: repeated in every command we tell the user to run. */
export const placeFlags = (options: Options): string[] => [
  ...(options.local === null ? [] : [options.local === 'either' ? '--local' : `--local=${options.local}`]),
  ...(options.config === null ? [] : [`--config ${options.config}`]),
];
