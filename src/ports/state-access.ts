import type { LeaseRecord } from '../domain/lease.ts';
import type { Change } from '../domain/plan.ts';
import type { HistoryEntry, StateFile } from '../domain/statefile.ts';
import type { StoreVerdict } from '../domain/store-verdict.ts';
import type { StoredVersion } from './object-store.ts';
import type { Awaited } from './session.ts';

/** Something that was looked at and is to be done: shown, asked about, then carried out as it was shown. */
export interface Prepared<Plan, Done> {
  readonly plan: Plan;
  /** Under the lease; `command` is what it names. Throws when what was shown does not hold any more. */
  carryOut(command: string): Promise<Done>;
}

export interface ShownState {
  /** Where it lies: `s3://bucket/prefix/production.json`. */
  readonly path: string;
  readonly state: StateFile;
  /** For whom its secrets are sealed; empty: they lie in plain text; null: it holds none. */
  readonly recipients: readonly string[] | null;
  /** The last run did not say how it ended: it was stopped, or is still at work. */
  readonly unfinished: UnfinishedRun | null;
}

export interface UnfinishedRun {
  readonly run: string;
  readonly holder: string;
  readonly command: string;
  readonly startedAt: string;
  /** Steps of whose end nothing is known. */
  readonly steps: readonly string[];
}

export interface StateHistory {
  readonly runs: readonly HistoryEntry[];
  /** Earlier documents that lie beside the present one, newest first. */
  readonly kept: readonly number[];
  /** Of documents that could not be read and were kept aside. */
  readonly damaged: readonly string[];
  /** What the store itself has kept, newest first; null: it keeps nothing. */
  readonly stored: readonly StoredVersion[] | null;
}

export interface PulledState {
  readonly path: string;
  readonly serial: number;
  /** As stored, to the byte. */
  readonly text: string;
  /** With `[redacted]` in place of every secret in plain text; null: there is none. */
  readonly redacted: string | null;
}

/** What a push would do. */
export interface PushPlan {
  readonly path: string;
  readonly outcome: 'new' | 'replace' | 'same';
  readonly lineage: string;
  readonly serial: number;
  /** Of the document that is replaced, and kept as an earlier one. */
  readonly replaces: { readonly serial: number; readonly updatedAt: string } | null;
  /** Addresses by what happens to their memory. */
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly dropped: readonly string[];
}

/** What a rebuild would write. */
export interface RebuildPlan {
  readonly path: string;
  readonly lost: 'absent' | 'damaged';
  /** `lineage` null: there was nothing to take one from, so it gets a new one. */
  readonly lineage: string | null;
  readonly serial: number;
  readonly adopted: readonly { readonly address: string; readonly id: string; readonly name: string }[];
  /** What the next plan still wants; the rebuild itself changes nothing in the cloud. */
  readonly left: readonly Pick<Change, 'address' | 'action' | 'reasons' | 'next'>[];
  /** Where the keys of the environment come from, in words; null: from nowhere, they are lost. */
  readonly keysFrom: string | null;
  /** The same of the applications' secrets; null: none were found. */
  readonly secretsFrom: string | null;
  /** How many of them there are. */
  readonly secrets: number;
  /** Copies that could not be used, and why. */
  readonly unusable: readonly string[];
  readonly notices: readonly string[];
}

export interface LeaseView {
  readonly standing: 'free' | 'expired' | 'dead' | 'held';
  /** Absent: nobody ever had it. */
  readonly record?: LeaseRecord;
  readonly leftMs: number;
}

export interface Resealed {
  /** Documents that were written anew; empty: nothing had to be. */
  readonly written: readonly string[];
  readonly recipients: readonly string[];
  /** What sealing anew can't undo, in a sentence. */
  readonly warning: string | null;
}

/** The document of one environment, or of what all previews share, as a thing of its own. */
export interface StateAccess extends Awaited {
  /** `production`, `pr-7`, `shared`. */
  readonly scope: string;
  /** Opens nothing; null: there is no document. */
  show(): Promise<ShownState | null>;
  history(): Promise<StateHistory>;
  /** `serial` null: the present one. Throws StateError when there is none of that serial. */
  pull(serial: number | null): Promise<PulledState>;
  push(file: { readonly path: string; readonly text: string }): Promise<Prepared<PushPlan, void>>;
  /** Throws when there is a good document: then there is nothing to rebuild. */
  rebuild(): Promise<Prepared<RebuildPlan, void>>;
  lease(): Promise<LeaseView>;
  /** Ends the acquisition that was shown, in its holder's stead. */
  unlock(shown: LeaseRecord): Promise<LeaseRecord>;
  reencrypt(command: string): Promise<Resealed>;
}

export interface StoreReport {
  readonly place: string;
  readonly made: 'made' | 'there';
  /** Whether the bucket keeps previous contents: `on`, `turned on`, `none`, `left off`, `untried`; null: a directory. */
  readonly versioning: string | null;
  /** What it was found to honour. */
  readonly honours: StoreVerdict;
  /** Why it can't be shared, and what to do; null: it can. */
  readonly refused: { readonly message: string; readonly next?: string } | null;
}

export interface MigrationPlan {
  readonly from: string;
  readonly to: string;
  /** Every document that moves. */
  readonly environments: readonly { readonly name: string; readonly serial: number; readonly standing: MoveStanding }[];
  /** Documents beside them: copies of keys, earlier documents, certificates. */
  readonly others: number;
  /** Nothing is left to move. */
  readonly finished: boolean;
}
export type MoveStanding = 'to move' | 'on the way' | 'moved';

/** Whether one thing that commands need is as it should be. */
export interface Check {
  readonly name: string;
  /** warn: nothing is wrong, and it could be safer. */
  readonly result: 'ok' | 'warn' | 'bad' | 'skipped';
  readonly detail: string;
  readonly next?: string;
}
