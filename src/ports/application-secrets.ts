import type { SettledSecret } from '../domain/application-secrets.ts';
import type { Secret } from '../domain/secret.ts';

/** The values behind a job's secrets. */
export interface JobSecrets {
  /** By name; makes what is still to be generated, safe in the state before it resolves. Throws Failure when one is missing. */
  valuesFor(secrets: readonly SettledSecret[]): Promise<Readonly<Record<string, Secret>>>;
}
