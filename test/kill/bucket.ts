import type { Clock } from '../../src/ports/clock.ts';
import type { ObjectStore, PutOutcome } from '../../src/ports/object-store.ts';
import type { ChildOptions } from './child-options.ts';

/** The object store of a process of the kill test. */
export const openBucket = ({ endpoint, name }: ChildOptions['bucket'], _clock: Clock): ObjectStore => {
  const url = (key: string): string => `${endpoint}/${name}/${key}`;
  const put = async (key: string, text: string, condition: Record<string, string>): Promise<PutOutcome> => {
    const reply = await fetch(url(key), { method: 'PUT', body: text, headers: condition });
    if (reply.ok) return { ok: true, etag: reply.headers.get('etag') ?? '' };
    await reply.text();
    if (reply.status === 404) return { ok: false, because: 'absent' };
    if (reply.status === 412) return { ok: false, because: 'if-match' in condition ? 'moved' : 'exists' };
    throw new Error(`PUT ${key}: ${reply.status}`);
  };
  return {
    place: `s3://${name}`,
    shared: false,
    async get(key) {
      const reply = await fetch(url(key));
      const text = await reply.text();
      return reply.ok ? { text, etag: reply.headers.get('etag') ?? '' } : undefined;
    },
    putIfAbsent: (key, text) => put(key, text, { 'if-none-match': '*' }),
    putIfMatch: (key, text, etag) => put(key, text, { 'if-match': etag }),
    async delete(key) {
      await (await fetch(url(key), { method: 'DELETE' })).text();
    },
    async list() {
      const reply = await (await fetch(`${endpoint}/${name}?list-type=2`)).text();
      return [...reply.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '');
    },
  };
};
