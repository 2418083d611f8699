import { StateError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/**
 * Puts a text where the document was as it was shown, or where there was none; settles a lost reply by looking. Returns
 * the new etag. Throws StateError when somebody else wrote meanwhile, and the store's Failure. What is there already as
 * wanted is a success.
 */
export const replaceDocument = async (
  store: ObjectStore,
  key: string,
  text: string,
  before: { readonly etag: string } | undefined,
): Promise<string> => {
  try {
    const outcome =
      before === undefined ? await store.putIfAbsent(key, text) : await store.putIfMatch(key, text, before.etag);
    if (outcome.ok) return outcome.etag;
  } catch (error) {
    const stored = await store.get(key);
    if (stored?.text === text) return stored.etag;
    throw error;
  }
  const found = await store.get(key);
  if (found?.text === text) return found.etag;
  throw new StateError(`${store.place}/${key} was written by others in this moment`, {
    done: ['what they wrote was left as it is'],
    next: 'look at it, and run the same command again',
  });
};

/** The same for a copy: nobody may have another text there. */
export const copyDocument = async (store: ObjectStore, key: string, text: string): Promise<void> => {
  if ((await store.get(key))?.text === text) return;
  await replaceDocument(store, key, text, undefined);
};
