import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../workflow.ts';

export type Infra = Readonly<Record<string, unknown>>;

/** The shipped file, less what asks somebody who is not here: a registry about tags, a human for a secret. */
export const shippedInfra = (): Infra => {
  const shipped = parse(readFileSync(join(root, 'infra.yaml'), 'utf8')) as Infra;
  const defaults = shipped['defaults'] as { readonly jobs: readonly { readonly secrets?: { name: string }[] }[] };
  const jobs = defaults.jobs.map((job) => ({
    ...job,
    ...(job.secrets === undefined ? {} : { secrets: job.secrets.map(({ name }) => ({ name, generate: true })) }),
  }));
  return { ...shipped, images: { pin: false }, defaults: { ...defaults, jobs } };
};

/** Another value under `environments.<name>`. */
export const withEnvironment =
  (name: string, more: Infra) =>
  (infra: Infra): Infra => {
    const environments = infra['environments'] as Record<string, Infra>;
    return { ...infra, environments: { ...environments, [name]: { ...environments[name], ...more } } };
  };
