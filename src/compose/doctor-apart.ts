import type { ProjectConfig } from '../config/project.ts';
import { labelNames } from '../domain/labels.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { Check } from '../ports/state-access.ts';

/*
 * What previews share with production: code of pull requests runs in them, so whatever it may get at should not lead to
 * production. Nothing here is wrong; each line says what the one could do to the other.
 */

export interface Apart {
  readonly config: ProjectConfig;
  /** Servers that the token sees; undefined: they could not be listed. */
  readonly servers: readonly AnyObservedItem[] | undefined;
  /** Whether what is here reads the states of previews, and those of the others; and opens the secrets in them. */
  readonly reads: Both;
  readonly opens: Both;
}
export interface Both {
  readonly previews: boolean;
  readonly others: boolean;
}

export const checkApart = (of: Apart): readonly Check[] => {
  const { production, pr } = of.config.environments;
  if (production === undefined || pr === undefined) return [];
  return [project(of), states(of), secrets(of), zone(of)];
};

const check = (what: string, shared: string | null, detail: string, next?: string): Check => ({
  name: `previews apart: ${what}`,
  result: shared === null ? 'ok' : 'warn',
  detail: shared ?? detail,
  ...(shared === null || next === undefined ? {} : { next }),
});

const project = ({ config, servers }: Apart): Check => {
  const what = 'Hetzner project';
  if (servers === undefined)
    return { name: `previews apart: ${what}`, result: 'skipped', detail: 'Hetzner comes first' };
  const seen = new Set(
    servers
      .filter(({ labels }) => labels[labelNames.project] === config.project)
      .map(({ labels }) => labels[labelNames.environmentType]),
  );
  const previews = seen.has('pr') || seen.has('pool');
  const others = seen.has('production') || seen.has('staging');
  return check(
    what,
    previews && others
      ? 'one token sees servers of previews and of production: who deploys previews can delete production'
      : null,
    previews === others
      ? 'this token sees servers of neither'
      : `this token sees servers of ${previews ? 'previews' : 'production'} only`,
    'a Hetzner project of their own, with its token in the GitHub environment preview (docs/previews-apart.md)',
  );
};

const states = ({ config, reads }: Apart): Check => {
  const next = 'write state.previews into infra.yaml, with a bucket of their own: reconcile state init --previews';
  const { state, previewState } = config;
  if (state?.backend === 'local')
    return check('states', null, 'in directories of this machine, where no pull request runs');
  const same = previewState === undefined || placeText(previewState) === placeText(state);
  if (same) return check('states', 'their states lie beside those of production', '', next);
  const both = reads.previews && reads.others;
  return check(
    'states',
    both ? 'one set of credentials reads the states of previews and those of production' : null,
    reads.previews
      ? 'these credentials read those of previews only'
      : 'these credentials do not read those of previews',
    'give each GitHub environment credentials for its own bucket (docs/previews-apart.md)',
  );
};

const placeText = (state: ProjectConfig['state']): string =>
  state === undefined
    ? ''
    : state.backend === 'local'
      ? `directory ${state.directory}`
      : `bucket ${state.s3?.endpoint} ${state.s3?.bucket} ${state.s3?.prefix}`;

const secrets = ({ config, opens }: Apart): Check => {
  const theirs = (config.previewState ?? config.state)?.recipients ?? [];
  const others = config.state?.recipients ?? [];
  const next = 'reconcile state keygen, and its recipient under state.previews.recipients';
  if (config.state?.backend === 'local' && theirs.length === 0) return check('secrets', null, 'on this machine');
  if (theirs.length === 0) return check('secrets', 'the secrets in their states are not sealed', '', next);
  const leads = theirs.every((one) => others.includes(one));
  if (leads) return check('secrets', 'whoever opens the secrets of previews opens those of production', '', next);
  return check(
    'secrets',
    opens.previews && opens.others ? 'the identity here opens the secrets of previews and those of production' : null,
    `sealed for ${theirs.length}, of whom ${theirs.filter((one) => others.includes(one)).length} can open those of production too`,
    'RECONCILE_AGE_IDENTITY of each GitHub environment holds its own identity alone',
  );
};

const zone = ({ config }: Apart): Check => {
  const theirs = config.environments.pr?.zone ?? config.zone;
  const shared = theirs !== undefined && theirs === config.zone;
  return check(
    'DNS zone',
    shared ? `their records lie in ${theirs}, beside those of production` : null,
    theirs === undefined ? 'no zone is managed here' : `their records lie in ${theirs}`,
    'write environments.pr.zone, and delegate that name to it (docs/previews-apart.md)',
  );
};
