import type { z } from 'zod';
import type { Context } from './context.ts';

/*
 * To add a resource: write `resources/<kind>.ts` that exports `routes` (a list of `route({...})`) and, when its
 * actions do something at their end, `effects` (a list of `effectKind(...)`, see effects.ts); then append both in
 * routes.ts. A handler is plain and synchronous: checks that throw constructors of errors.ts above the line
 * `// --- writes begin ---`, changes of `context.world` below it. It returns the body to answer (null: none); live
 * rows may be returned, they are turned into text at once. Helpers: listing.ts (`list`), resources/actions.ts
 * (`actionRoutes`: the four listings of a kind's actions), resources/shared.ts (ids or names, unique names,
 * protection, PUT), addresses.ts (public and private addresses), `context.actions.start({...})` for Hetzner actions.
 */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** Without `/v1`; `:name` is a parameter. `/servers/actions` wins over `/servers/:id`. */
  readonly path: string;
  /** Undefined: a body is not read. */
  readonly body?: z.ZodType;
  /** Undefined: there is no body to answer. Checked in tests. */
  readonly response?: z.ZodType;
  /** Default: POST 201, others 200, 204 when the handler returns null. */
  readonly status?: number;
  readonly handle: (context: Context<unknown>) => object | null;
}

interface TypedRoute<Body extends z.ZodType> extends Omit<Route, 'handle' | 'body'> {
  readonly body: Body;
  readonly handle: (context: Context<z.infer<Body>>) => object | null;
}
interface BodylessRoute extends Omit<Route, 'handle' | 'body'> {
  readonly handle: (context: Context) => object | null;
}

/** Gives the handler the type of its checked body. */
export function route<Body extends z.ZodType>(definition: TypedRoute<Body>): Route;
export function route(definition: BodylessRoute): Route;
export function route(definition: Omit<Route, 'handle'> & { handle: (context: never) => object | null }): Route {
  return { ...definition, handle: (context) => definition.handle(context as never) };
}

export interface Match {
  /** Undefined: the path is known, the method is not. */
  readonly route: Route | undefined;
  readonly pattern: string;
  readonly params: Readonly<Record<string, string>>;
}
export type FindRoute = (method: string, path: string) => Match | undefined;

const segmentsOf = (path: string): string[] => path.split('/').slice(1);
const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const paramsOf = (pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined => {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = path[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decode(segment);
    else if (part !== segment) return undefined;
  }
  return params;
};

/** Finds routes by path; patterns with fewer parameters come first. */
export const createFinder = (routes: readonly Route[]): FindRoute => {
  interface Entry {
    readonly path: string;
    readonly pattern: string[];
    readonly methods: Map<string, Route>;
  }
  const byLength = new Map<number, Entry[]>();
  const parameters = (pattern: readonly string[]): number => pattern.filter((part) => part.startsWith(':')).length;
  for (const one of routes) {
    const pattern = segmentsOf(one.path);
    const entries = byLength.get(pattern.length) ?? [];
    byLength.set(pattern.length, entries);
    const known = entries.find((entry) => entry.path === one.path);
    if (known?.methods.has(one.method)) throw new Error(`two routes for ${one.method} ${one.path}`);
    if (known !== undefined) known.methods.set(one.method, one);
    else entries.push({ path: one.path, pattern, methods: new Map([[one.method, one]]) });
  }
  for (const entries of byLength.values()) entries.sort((a, b) => parameters(a.pattern) - parameters(b.pattern));

  return (method, path) => {
    const segments = segmentsOf(path);
    let otherMethod: Match | undefined;
    for (const entry of byLength.get(segments.length) ?? []) {
      const params = paramsOf(entry.pattern, segments);
      if (params === undefined) continue;
      const match: Match = { route: entry.methods.get(method), pattern: entry.path, params };
      if (match.route !== undefined) return match;
      otherMethod ??= match;
    }
    return otherMethod;
  };
};
