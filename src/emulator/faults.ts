import type { ActionFault } from './actions.ts';
import { randomness } from './random.ts';

/** What goes wrong, around the commit. */
export type Fault =
  /** Before the commit: an API error, or a status with a body that is no JSON (502 of a proxy). */
  | { readonly kind: 'refuse'; readonly code: string; readonly message?: string; readonly status?: number }
  | { readonly kind: 'http'; readonly status: number; readonly body?: string }
  /** Before the commit: no connection. */
  | { readonly kind: 'unreachable' }
  /** Before the commit: the request waits this long, ms. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** After the commit: the caller never hears. */
  | { readonly kind: 'lost-reply' }
  /** After the commit: the second half of a list's rows is missing, its totals are not. */
  | { readonly kind: 'partial-page' }
  /** After the commit: the body ends in the middle. */
  | { readonly kind: 'cut-reply' }
  /** The action of the rule's `command` ends in error, or never. */
  | { readonly kind: 'action-error'; readonly code?: string; readonly message?: string }
  | { readonly kind: 'action-never' }
  /** A server whose creation is said to have ended well stays `initializing`. */
  | { readonly kind: 'stuck-initializing' };
export type FaultKind = Fault['kind'];

/** Where: every given part must match. `nth` (from 1) counts the matches of this rule; `times` how often from there. */
export interface FaultRule {
  readonly method?: string;
  /** A route's pattern, `/servers/:id/actions/attach_to_network`; a final `*` matches any rest. */
  readonly path?: string;
  /** For action faults: the action's command, `create_server`. */
  readonly command?: string;
  readonly nth?: number;
  readonly times?: number;
  readonly fault: Fault;
}
/** Or drawn: each request meets one of `faults` with probability `rate`. */
export interface DrawnFaults {
  readonly seed: number;
  readonly rate: number;
  readonly faults: readonly Fault[];
  readonly method?: string;
  readonly path?: string;
}
export interface FaultBook {
  add(rule: FaultRule): void;
  draw(drawn: DrawnFaults | undefined): void;
  clear(): void;
  rules(): readonly FaultRule[];
  /** Which faults meet this request. Counts it. */
  onRequest(method: string, path: string): readonly Fault[];
  onAction(command: string): ActionFault | undefined;
  /** Whether this new server stays `initializing`. */
  onBoot(): boolean;
}

const onActions: readonly FaultKind[] = ['action-error', 'action-never', 'stuck-initializing'];
const pathMatches = (pattern: string | undefined, path: string): boolean =>
  pattern === undefined || (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path);

export const createFaultBook = (rules: readonly FaultRule[] = [], drawnFirst?: DrawnFaults): FaultBook => {
  let book = rules.map((rule) => ({ rule, seen: 0 }));
  let drawn = drawnFirst;
  let chance = randomness({ random: drawn?.seed ?? 0 });

  /** Counts every rule that matches and gives those whose turn it is. */
  const due = (matches: (rule: FaultRule) => boolean): Fault[] => {
    const found: Fault[] = [];
    for (const entry of book) {
      if (!matches(entry.rule)) continue;
      entry.seen += 1;
      const first = entry.rule.nth ?? 1;
      if (entry.seen >= first && entry.seen < first + (entry.rule.times ?? 1)) found.push(entry.rule.fault);
    }
    return found;
  };
  const drawnFor = (on: boolean, matches: (drawn: DrawnFaults) => boolean): Fault[] => {
    if (drawn === undefined || !matches(drawn)) return [];
    const candidates = drawn.faults.filter((fault) => onActions.includes(fault.kind) === on);
    if (candidates.length === 0 || chance.fraction() >= drawn.rate) return [];
    const fault = candidates[chance.below(candidates.length)];
    return fault === undefined ? [] : [fault];
  };

  return {
    add: (rule) => {
      book.push({ rule, seen: 0 });
    },
    draw: (next) => {
      drawn = next;
      chance = randomness({ random: next?.seed ?? 0 });
    },
    clear: () => {
      book = [];
      drawn = undefined;
    },
    rules: () => book.map((entry) => entry.rule),
    onRequest: (method, path) => {
      const place = (rule: { method?: string; path?: string }): boolean =>
        (rule.method === undefined || rule.method === method) && pathMatches(rule.path, path);
      return [...due((rule) => !onActions.includes(rule.fault.kind) && place(rule)), ...drawnFor(false, place)];
    },
    onAction: (command) => {
      const fits = (rule: FaultRule): boolean =>
        (rule.fault.kind === 'action-error' || rule.fault.kind === 'action-never') &&
        (rule.command === undefined || rule.command === command);
      const fault = [...due(fits), ...drawnFor(true, () => true)][0];
      if (fault?.kind === 'action-never') return { end: 'never' };
      if (fault?.kind !== 'action-error') return undefined;
      return { end: 'error', code: fault.code ?? 'action_failed', message: fault.message ?? 'action failed' };
    },
    onBoot: () => due((rule) => rule.fault.kind === 'stuck-initializing').length > 0,
  };
};
