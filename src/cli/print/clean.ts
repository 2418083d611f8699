import { withoutControls } from '../../domain/plain-text.ts';
import { redact, type Secret } from '../../domain/secret.ts';

/** Text from outside may hold a secret's echo or escape sequences that would steer the terminal; neither is printed. */
export const cleanText = (text: string, secrets: readonly Secret[]): string => withoutControls(redact(text, secrets));

/** The same for every text inside a document. */
export const clean = <T>(value: T, secrets: readonly Secret[]): T => cleanUnknown(value, secrets) as T;

const cleanUnknown = (value: unknown, secrets: readonly Secret[]): unknown => {
  if (typeof value === 'string') return cleanText(value, secrets);
  if (Array.isArray(value)) return value.map((entry) => cleanUnknown(entry, secrets));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, cleanUnknown(entry, secrets)]));
};
