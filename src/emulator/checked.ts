import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { ApiError, invalidInput } from './errors.ts';
import type { Route } from './router.ts';

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
const problemsOf = (error: z.ZodError, sent: unknown): ApiError => {
  const fields: Record<string, string[]> = {};
  for (const issue of error.issues) {
    const name = issue.path.length === 0 ? 'body' : issue.path.join('.');
    const absent = valueAt(sent, issue.path) === undefined;
    const messages = fields[name] ?? [];
    messages.push(absent ? 'Missing data for required field.' : issue.message);
    fields[name] = messages;
  }
  return invalidInput(fields);
};
/** Unknown keys are dropped: the API ignores what it doesn't know (believed; hcloud-js sends such keys unpunished). */
export const checkedBody = (route: Route, text: string): unknown => {
  if (route.body === undefined) return undefined;
  let value: unknown = {};
  try {
    if (text.trim() !== '') value = JSON.parse(text);
  } catch {
    throw new ApiError('json_error', 'invalid JSON in request body');
  }
  const result = route.body.safeParse(value);
  if (!result.success) throw problemsOf(result.error, value);
  return result.data;
};

/** A reply that the wire schema refuses, or that has keys the schema lacks, is a bug of the emulator. */
export const assertReply = (route: Route, body: object | null): void => {
  const where = `${route.method} ${route.path}`;
  if (route.response === undefined) {
    if (body !== null) throw new Error(`${where} answers a body but has no response schema`);
    return;
  }
  const sent: unknown = JSON.parse(JSON.stringify(body));
  const parsed = route.response.safeParse(sent);
  if (!parsed.success) throw new Error(`${where} answers a wrong shape: ${parsed.error.message}`);
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(parsed.data)), sent))
    throw new Error(`${where} answers keys that its schema lacks: ${JSON.stringify(sent)}`);
};
