import { sha256Hex } from '../../src/local/hash.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';

export interface MemoryStore extends ObjectStore {
  readonly documents: Map<string, string>;
}

/** Documents in memory. Every operation takes a turn of the event loop, so that callers interleave as on a real store. */
export const createMemoryStore = (turn: () => Promise<void> = async () => undefined): MemoryStore => {
  const documents = new Map<string, string>();
  return {
    place: 'memory',
    shared: false,
    documents,
    async get(key) {
      await turn();
      const text = documents.get(key);
      return text === undefined ? undefined : { text, etag: sha256Hex(text) };
    },
    async putIfAbsent(key, text) {
      await turn();
      if (documents.has(key)) return { ok: false, because: 'exists' };
      documents.set(key, text);
      return { ok: true, etag: sha256Hex(text) };
    },
    async putIfMatch(key, text, etag) {
      await turn();
      const current = documents.get(key);
      if (current === undefined) return { ok: false, because: 'absent' };
      if (sha256Hex(current) !== etag) return { ok: false, because: 'moved' };
      documents.set(key, text);
      return { ok: true, etag: sha256Hex(text) };
    },
    async delete(key) {
      documents.delete(key);
    },
    async list() {
      return [...documents.keys()].sort();
    },
  };
};
