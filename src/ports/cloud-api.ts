import type { CloudKind } from '../domain/kinds.ts';
import type { AnyObservedItem, Catalogue, PriceList, RequestBudget, RequestCount } from '../domain/observation.ts';
import type { CloudEffect } from '../domain/plan.ts';
import type { Reference } from '../domain/resource.ts';

export interface Listing {
  readonly items: readonly AnyObservedItem[];
  /** False when a page failed or the page bound was hit; `because` says which. */
  readonly complete: boolean;
  readonly because?: string;
}

/** A mutation was accepted. Its effect has landed when every action in `actionIds` has ended well. */
export interface Accepted {
  /** Set by `create`. Text of Hetzner's id. */
  readonly id?: string;
  readonly createdAt?: string;
  readonly actionIds: readonly number[];
  /** What others may refer to: `ipv4`, `ipv6`. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface HetznerAction {
  readonly id: number;
  readonly command: string;
  readonly status: 'running' | 'success' | 'error';
  readonly progress: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** How a write may be tried again after a refusal that changed nothing. */
export interface Persistence {
  /** Ends the waiting; the last refusal is thrown then. */
  readonly signal?: AbortSignal;
  /** Asked before each further try, e.g. whether the lease is still held; what it throws ends the trying. */
  readonly beforeRetry?: () => Promise<void>;
}

/**
 * The Hetzner Cloud API in our words.
 * Throws CloudError (a refusal), NoReplyError (outcome of a write unknown), never anything of the HTTP library.
 * Retries reads and refusals that changed nothing (429, 502-504 on reads, `conflict`); never repeats a create.
 */
export interface CloudApi {
  /** The whole project's objects of one kind; rrsets of the named zones only. One request per 50 objects (rrsets 100). */
  list(kind: Exclude<CloudKind, 'rrset'>): Promise<Listing>;
  listRrsets(zone: { id: string; name: string }): Promise<Listing>;
  /** One object by its unique name: settles a create whose reply was lost. */
  find(kind: CloudKind, name: string): Promise<AnyObservedItem | undefined>;
  /** Server types and system images: two paged lists. */
  catalogue(): Promise<Catalogue>;
  prices(): Promise<PriceList>;
  /** `resolve` gives the value behind a Reference; it throws when the referred thing has none yet. */
  perform(effect: CloudEffect, resolve: (reference: Reference) => string, persistence?: Persistence): Promise<Accepted>;
  /** Status of up to any number of actions, 25 ids a request; an id the API does not return is an error in the message. */
  actions(ids: readonly number[]): Promise<readonly HetznerAction[]>;
  /** What this client has used and what is left. */
  usage(): { readonly requests: RequestCount; readonly budget: RequestBudget | null };
}
