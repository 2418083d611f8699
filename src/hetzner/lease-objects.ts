import { CloudError, Failure, NoReplyError, StoreError } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fetch } from '../ports/machines.ts';
import { withErrors } from './errors.ts';
import { readerOf } from './kinds.ts';
import { labelsOf, textOf } from './lease-labels.ts';
import { listWith } from './lists.ts';
import type { ApiRequest, Call, Send } from './request.ts';
import { createTransport } from './transport.ts';
import { firewallSchema } from './wire/firewalls.ts';

export interface LeaseObjectsOptions {
  /** Not the guarded one of a run: a lease is taken and renewed while nothing else may be changed. */
  readonly fetch: Fetch;
  readonly endpoint: string;
  readonly token: Secret;
  readonly clock: Clock;
  readonly project: string;
}

/** One generation of a lease: a firewall without rules, on no server. */
export interface Generation {
  readonly id: number;
  readonly number: number;
  readonly text: string;
}

/** Firewalls without rules, named `<project>-lease-<environment>-<number>`: free, unique by name, labelled. */
export interface LeaseObjects {
  /** Lowest number first. One request per 50 firewalls; the project's limit is 50. */
  list(environment: string): Promise<readonly Generation[]>;
  /** Undefined: the name is taken. */
  create(environment: string, number: number, text: string): Promise<Generation | undefined>;
  /** False: it is gone. */
  write(id: number, text: string): Promise<boolean>;
  /** One that is gone already is a success. */
  remove(id: number): Promise<void>;
  /** As of `ObjectStore`, from the Date of the last reply. */
  skewMs?(): number | undefined;
}

const firewalls = readerOf('/firewalls', ['firewalls', 'firewall'], firewallSchema, (wire) => wire);

/** Throws StoreError: `unknown` when a write got no answer. */
export const createLeaseObjects = (options: LeaseObjectsOptions): LeaseObjects => {
  const { project } = options;
  const { call, skewMs } = connect(options);
  const nameOf = (environment: string, number: number): string => `${project}-lease-${environment}-${number}`;
  return {
    skewMs,
    async list(environment) {
      const listing = await inWords('look at', () => listWith(call, firewalls, ({ id }) => String(id), {}));
      if (listing.because !== undefined)
        throw new StoreError(
          `the leases of the Hetzner project could not be listed: ${listing.because}`,
          'unreachable',
        );
      const found = listing.items.flatMap(({ id, name, labels }) => {
        const number = Number(/-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
        const text = textOf(project, labels);
        return name === nameOf(environment, number) && text !== undefined ? [{ id, number, text }] : [];
      });
      return found.sort((a, b) => a.number - b.number);
    },
    async create(environment, number, text) {
      const name = nameOf(environment, number);
      const body = { name, labels: labelsOf(project, text), rules: [] };
      const request: ApiRequest = { method: 'POST', path: '/firewalls', body };
      const made = await inWords('take', () => unless('uniqueness_error', call(request)));
      return made === refused ? undefined : { id: firewalls.one(made, request).id, number, text };
    },
    async write(id, text) {
      const request: ApiRequest = {
        method: 'PUT',
        path: `/firewalls/${id}`,
        body: { labels: labelsOf(project, text) },
      };
      return (await inWords('write', () => unless('not_found', call(request)))) !== refused;
    },
    async remove(id) {
      await inWords('remove', () => unless('not_found', call({ method: 'DELETE', path: `/firewalls/${id}` })));
    },
  };
};

const refused = Symbol('refused');
const unless = async (code: string, asked: Promise<unknown>): Promise<unknown> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CloudError && error.code === code) return refused;
    throw error;
  }
};

const inWords = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || error instanceof StoreError) throw error;
    const kind = error instanceof NoReplyError ? 'unknown' : 'refused';
    const next = error.next === undefined ? {} : { next: error.next };
    throw new StoreError(`can't ${what} the lease in the Hetzner project: ${error.message}`, kind, {
      ...next,
      cause: error,
    });
  }
};

/** The long retries of the API client are for runs that have time; a lease is renewed within seconds or not at all. */
const tries = 5;
const waitMs = 1_000;

const connect = ({ fetch, endpoint, token, clock }: LeaseObjectsOptions) => {
  const base = endpoint.replace(/\/+$/, '');
  const transport = createTransport({ fetch, endpoint: base, token, clock });
  let skewMs: number | undefined;
  const dated: Send = async (request) => {
    const sentMs = clock.now();
    const reply = await transport(request);
    // To the second, and of some moment between request and reply.
    const dateMs = Date.parse(reply.headers['date'] ?? '') + 500;
    if (Number.isFinite(dateMs)) skewMs = dateMs - (sentMs + clock.now()) / 2;
    return reply;
  };
  return { call: patient(withErrors(dated, { endpoint: base, token }), clock), skewMs: () => skewMs };
};

const patient =
  (call: Call, clock: Clock): Call =>
  async (request) => {
    for (let n = 1; ; n += 1) {
      try {
        return await call(request);
      } catch (error) {
        const soon = error instanceof CloudError && ['rate_limit_exceeded', 'conflict', 'locked'].includes(error.code);
        if (!soon || n >= tries) throw error;
        await clock.sleep(waitMs);
      }
    }
  };
