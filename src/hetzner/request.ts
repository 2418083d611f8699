import type { Persistence } from '../ports/cloud-api.ts';

/** One call of the API, before and after it is on the wire. Paths are relative to the endpoint: `/servers/42`. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Arrays repeat the key: `id=1&id=2` (docs.hetzner.cloud, pagination and sorting). */
  readonly query?: Readonly<Record<string, string | number | readonly (string | number)[]>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly persistence?: Persistence;
}
export interface ApiReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}
/** A handler of the chain on the side of the wire: any reply is a value, only silence throws. */
export type Send = (request: ApiRequest) => Promise<ApiReply>;
/** A handler of the chain on our side: the body of a good reply (undefined when there is none), or a Failure. */
export type Call = (request: ApiRequest) => Promise<unknown>;

export const isWrite = (request: ApiRequest): boolean => request.method !== 'GET';

/** `DELETE /servers/42`: how a request is called in messages. The query stays out: it may hold anything. */
export const titleOf = (request: ApiRequest): string => `${request.method} ${request.path}`;

export const queryText = (query: ApiRequest['query']): string => {
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map(
      (one) => `${encodeURIComponent(key)}=${encodeURIComponent(String(one))}`,
    ),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
};
