import type { EnvironmentType } from '../../domain/environment.ts';
import type { Path } from '../document.ts';
import type { EnvironmentConfig } from '../merge.ts';
import type { Infra } from '../schema.ts';

/** What rules between values look at. */
export interface Checked {
  readonly infra: Infra;
  /** Names of defaults.jobs, those of faulty jobs too. */
  readonly jobNames: readonly string[];
  readonly environments: readonly (readonly [EnvironmentType, EnvironmentConfig])[];
}

/** A broken rule between values, told at `path`; `about` lists further values the rule has read. */
export interface Finding {
  readonly path: Path;
  readonly about?: readonly Path[];
  readonly message: string;
  readonly found?: string;
  readonly allowed?: string;
  readonly suggestion?: string;
  /** The place meant is the key, not its value. */
  readonly key?: true;
}
export type CrossCheck = (checked: Checked) => readonly Finding[];

/** Servers that previews share are set up as a preview is; only their network is written for themselves. */
export const inEnvironment = (type: EnvironmentType, ...path: Path): Path =>
  type === 'pool'
    ? ['environments', 'pr', ...(path[0] === 'network' ? ['pool'] : []), ...path]
    : ['environments', type, ...path];
