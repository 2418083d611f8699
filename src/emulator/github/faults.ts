import { z } from 'zod';

/*
 * What goes wrong with a call of the emulated GitHub, around its commit. `nth` (from 1) counts the calls that match,
 * `times` says how often from there; method and path (a route's pattern, a final `*` matches any rest) say where.
 */
const faultSchema = z.discriminatedUnion('kind', [
  /** Before the commit: no connection. */
  z.object({ kind: z.literal('down') }),
  /** Before the commit: 500 or another status, as JSON of the API; or as the page of its proxy. */
  z.object({ kind: z.literal('error'), status: z.int().min(400).max(599).default(500) }),
  z.object({ kind: z.literal('html'), status: z.int().min(400).max(599).default(502) }),
  /** Before the commit: the limit per hour is used up until `resetSeconds` from now. */
  z.object({ kind: z.literal('rate-limited'), resetSeconds: z.number().default(1_800), status: z.int().default(403) }),
  z.object({ kind: z.literal('secondary'), retryAfter: z.number().default(60), status: z.int().default(403) }),
  /** Before the commit: refused as to a token that lacks what the call asks for. */
  z.object({ kind: z.literal('no-permission') }),
  z.object({ kind: z.literal('delay'), ms: z.number() }),
  /** After the commit: the caller never hears, or hears half of it. */
  z.object({ kind: z.literal('lost-reply') }),
  z.object({ kind: z.literal('cut-reply') }),
  /** After the commit: the second half of a page is missing, the Link header is not. */
  z.object({ kind: z.literal('partial-page') }),
]);
/** As a test writes it: what has a default may be left out. */
export type GitHubFault = z.input<typeof faultSchema>;
export type MetFault = z.output<typeof faultSchema>;
export const gitHubFaultRule = z.object({
  method: z.string().optional(),
  path: z.string().optional(),
  nth: z.int().positive().optional(),
  times: z.number().positive().optional(),
  fault: faultSchema,
});
export type GitHubFaultRule = z.input<typeof gitHubFaultRule>;

export interface GitHubFaults {
  add(rule: GitHubFaultRule): void;
  clear(): void;
  rules(): readonly GitHubFaultRule[];
  /** Those that meet this call; counts it. */
  meet(method: string, path: string): readonly MetFault[];
}
const matches = (pattern: string | undefined, path: string): boolean =>
  pattern === undefined || (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern);

export const createGitHubFaults = (first: readonly GitHubFaultRule[] = []): GitHubFaults => {
  const entry = (rule: GitHubFaultRule) => ({ rule: gitHubFaultRule.parse(rule), seen: 0 });
  let book = first.map(entry);
  return {
    add: (rule) => {
      book.push(entry(rule));
    },
    clear: () => {
      book = [];
    },
    rules: () => book.map(({ rule }) => rule),
    meet: (method, path) =>
      book.flatMap((one) => {
        const { rule } = one;
        if ((rule.method ?? method) !== method || !matches(rule.path, path)) return [];
        one.seen += 1;
        const from = rule.nth ?? 1;
        return one.seen >= from && one.seen < from + (rule.times ?? 1) ? [rule.fault] : [];
      }),
  };
};
