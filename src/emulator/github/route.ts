import type { z } from 'zod';
import type { Accepted } from './permissions.ts';
import type { GitHubState, TokenRow } from './state.ts';
import type { Places } from './views/user.ts';

/** What a handler sees. It throws GitHubError before it changes anything. */
export interface Call<Body = unknown> {
  readonly state: GitHubState;
  readonly places: Places;
  readonly token: TokenRow;
  /** Now, as GitHub writes moments. */
  readonly iso: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Body;
}
/** A list goes out in pages; `wrap` puts what is around it (`total_count`). */
export class Rows {
  readonly rows: readonly unknown[];
  readonly wrap: (page: readonly unknown[], total: number) => unknown;
  constructor(rows: readonly unknown[], wrap: Rows['wrap'] = (page) => page) {
    this.rows = rows;
    this.wrap = wrap;
  }
}
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** `:name` is a parameter; those of a repository begin after `/repos/:owner/:repo`. */
  readonly path: string;
  /** null: no repository permission is asked. */
  readonly accepts: Accepted | null;
  /** Its page, after docs.github.com/rest/. */
  readonly documentation: string;
  readonly body?: z.ZodType;
  readonly status?: number;
  readonly handle: (call: Call) => unknown;
}
interface Typed<Body extends z.ZodType> extends Omit<Route, 'body' | 'handle'> {
  readonly body: Body;
  readonly handle: (call: Call<z.infer<Body>>) => unknown;
}
/** Gives the handler the type of its checked body. */
export function route<Body extends z.ZodType>(definition: Typed<Body>): Route;
export function route(definition: Omit<Route, 'body'>): Route;
export function route(definition: Omit<Route, 'handle'> & { handle: (call: never) => unknown }): Route {
  return { ...definition, handle: (call) => definition.handle(call as never) };
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}
const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};
const paramsOf = (pattern: string, path: readonly string[]): Record<string, string> | undefined => {
  const parts = pattern.split('/');
  if (parts.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = path[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decoded(segment);
    else if (part !== segment) return undefined;
  }
  return params;
};
export const findRoute = (routes: readonly Route[], method: string, path: string): Match | undefined => {
  const segments = path.split('/');
  for (const one of routes) {
    if (one.method !== method) continue;
    const params = paramsOf(one.path, segments);
    if (params !== undefined) return { route: one, params };
  }
  return undefined;
};
