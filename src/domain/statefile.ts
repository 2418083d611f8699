import type { Address } from './address.ts';
import type { ApplicationSecrets } from './application-secrets.ts';
import type { ClusterKeys } from './cluster-keys.ts';
import type { EnvironmentType } from './environment.ts';
import type { JournalEvent } from './journal.ts';
import type { Kind } from './kinds.ts';
import type { Places } from './places.ts';
import type { Previews } from './preview.ts';
import type { StoreVerdict } from './store-verdict.ts';

export const stateSchemaVersion = 4;

/** What the last runs knew of one Address. Never proof that it exists. */
export interface Remembered {
  readonly kind: Kind;
  /** Hetzner's id as text; for jobs the Nomad id, for the cluster its environment. */
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  /** Fingerprint of the Resource as last applied. */
  readonly fingerprint: string;
  /** Only servers: hash of image and user data as last booted. */
  readonly userDataFingerprint?: string;
  /** What later plans need and no API tells: e.g. `{ ipv4: "…" }`. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface HistoryEntry {
  readonly run: string;
  readonly serial: number;
  readonly at: string;
  readonly command: string;
  /** `converged`, `failed: …`, `interrupted`. */
  readonly outcome: string;
  readonly summary: Readonly<Record<string, number>>;
}

/** A job's image from a given run on. */
export interface PinnedImage {
  /** As somebody asked for it: `acme/shop-web:1.4.2`. */
  readonly asked: string;
  /** What is run: with a digest wherever the registry told one. */
  readonly image: string;
  /** ISO 8601: when it was first wanted. What was wanted together has one time. */
  readonly at: string;
  /** What infra.yaml had then: when it has something else, that counts. */
  readonly configured: string;
  /** It became healthy. */
  readonly healthy?: true;
  /** What ran before and was healthy: `rollback` goes there. Of tag and digest, where both are known. */
  readonly before?: string;
}

/** The run that wrote last: who, for what, and what it was at. Without `endedAt` it was stopped, or is still at work. */
export interface RunRecord {
  readonly run: string;
  /** `user@host` */
  readonly holder: string;
  readonly command: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Oldest first, at most 400: intents before their mutating calls, outcomes after. */
  readonly journal: readonly JournalEvent[];
}

/** Memory between runs, one document per environment (`shared` for what belongs to none). */
export interface StateFile {
  readonly schemaVersion: typeof stateSchemaVersion;
  /** Random, made once per environment; a state of another lineage is never written over this one. */
  readonly lineage: string;
  /** Grows by one with every write. */
  readonly serial: number;
  readonly project: string;
  readonly environment: string;
  readonly environmentType: EnvironmentType | 'shared';
  readonly updatedAt: string;
  /** The release that wrote it, e.g. `0.1.0`: named when an older release meets a document it can't read. */
  readonly writtenBy?: string;
  /** Of the lease under which it was written; a write under a lower one is refused. 0: written before leases had any. */
  readonly fencingToken: number;
  /** What the store was found to honour; absent for a directory. */
  readonly store?: StoreVerdict;
  readonly resources: Readonly<Record<Address, Remembered>>;
  /** Absent: no run has needed machines yet. Prints as `[redacted]` anywhere but in the stored document. */
  readonly keys?: ClusterKeys;
  /**
   * What `secrets set` left and runs generated; in `shared` the set that all previews have. No part of the keys: it may
   * be set before anything exists.
   */
  readonly applications?: ApplicationSecrets;
  /** The secrets as stored, where nobody opened them; `keys` and `applications` are absent then. */
  readonly sealed?: { readonly recipients: readonly string[]; readonly age: string };
  /** Whom the opened secrets were sealed for; in memory only. */
  readonly sealedFor?: readonly string[];
  /** Serials of the earlier documents that are kept beside this one, oldest first. */
  readonly versions?: readonly number[];
  /** Only in `shared`. */
  readonly places?: Places;
  /** Only in `shared`. */
  readonly previews?: Previews;
  /** By job: what `--image` last said, and what a moving tag stood for. Absent: what infra.yaml says. */
  readonly images?: Readonly<Record<string, PinnedImage>>;
  readonly lastRun?: RunRecord;
  /** Newest first, at most 50. */
  readonly history: readonly HistoryEntry[];
}
