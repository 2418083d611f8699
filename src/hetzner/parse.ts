import type { z } from 'zod';
import { CloudError } from '../domain/errors.ts';
import { type ApiRequest, isWrite, titleOf } from './request.ts';

/**
 * The body as the schema describes it, or CloudError `unexpected_response` with the path of the first field that does
 * not fit. Values are never in the message: they may be anything.
 */
export const parseBody = <T extends z.ZodType>(schema: T, body: unknown, request: ApiRequest): z.output<T> => {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue === undefined || issue.path.length === 0 ? 'the body' : pathText(issue.path);
  throw new CloudError(
    `the answer to ${titleOf(request)} is not as documented: ${path}: ${issue?.message ?? 'does not fit'}`,
    { code: 'unexpected_response', status: 200, retryable: false },
    {
      next: 'update this program: its description of the Hetzner API is older than the API',
      ...(isWrite(request) ? { done: [`the API accepted ${titleOf(request)}`] } : {}),
    },
  );
};

/** `servers[3].public_net.ipv4.ip` */
const pathText = (path: readonly PropertyKey[]): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`)).join('');
