import type { Secret } from './secret.ts';

/** One secret of the applications, as the state keeps it. */
export interface ApplicationSecret {
  readonly value: Secret;
  /**
   * Random, new with every new value: what fingerprints hold in the value's place, so that a changed secret deploys
   * anew and nothing about it can be learnt from a plan.
   */
  readonly revision: string;
  /** ISO 8601. */
  readonly setAt: string;
}
/** By name: `DATABASE_URL`. */
export type ApplicationSecrets = Readonly<Record<string, ApplicationSecret>>;

/** A secret that a job of infra.yaml needs. */
export interface WantedSecret {
  readonly name: string;
  /** The job starts without it. */
  readonly optional?: true;
  /** Made at random by the first run that needs it. */
  readonly generate?: true;
  /** Stands in on an emulated cloud, where nobody has set anything. No secret: it is written in infra.yaml. */
  readonly local?: string;
}

/** A wanted secret with what is known of its value; `revision` null: there is none, and the job does without. */
export interface SettledSecret {
  readonly name: string;
  readonly revision: string | null;
  readonly from: 'state' | 'generated' | 'infra.yaml' | 'missing' | 'optional';
  /** Of `infra.yaml` alone. */
  readonly local?: string;
}

/** Revision of a value that the run itself makes: known to the plan before the value is. */
export const firstGenerated = 'generated';

/** Where the value will come from. What is set wins over everything. */
export const settleSecret = (wanted: WantedSecret, known: ApplicationSecrets, emulated: boolean): SettledSecret => {
  const { name } = wanted;
  const found = known[name];
  if (found !== undefined) return { name, revision: found.revision, from: 'state' };
  if (wanted.generate) return { name, revision: firstGenerated, from: 'generated' };
  if (wanted.local !== undefined && emulated)
    return { name, revision: `local ${wanted.local}`, from: 'infra.yaml', local: wanted.local };
  return { name, revision: null, from: wanted.optional ? 'optional' : 'missing' };
};
