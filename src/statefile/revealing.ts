import { Secret } from '../domain/secret.ts';

/**
 * Replacer of JSON.stringify that writes secrets out: for documents that keep them, and nothing else. A Secret has
 * turned itself into `[redacted]` before a replacer sees it; its holder, which is `this`, still has it.
 */
export function revealing(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const held = this[key];
  return held instanceof Secret ? held.reveal() : value;
}
