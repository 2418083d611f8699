import { z } from 'zod';
import type { AcmeKeys } from '../domain/cluster-keys.ts';
import { StateError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { acmeSchema } from './keys-schema.ts';
import { revealing } from './revealing.ts';

/** What `tls: acme-dns` has ordered for the whole project: previews share a wildcard, and orders are limited. */
export interface CertificatesDocument {
  readonly acme?: AcmeKeys;
  /** By server name: until when the certificate lasts that it was handed last. */
  readonly handed: Readonly<Record<string, string>>;
}

export const certificatesKey = 'certificates.json';
const schema = z.strictObject({
  project: z.string(),
  acme: acmeSchema.optional(),
  handed: z.record(z.string(), z.string()),
});

/** Empty when there is none. Throws StateError for a document that can't be used. */
export const readCertificates = async (store: ObjectStore, project: string): Promise<CertificatesDocument> => {
  const stored = await store.get(certificatesKey);
  if (stored === undefined) return { handed: {} };
  const parsed = schema.safeParse(json(stored.text));
  if (!parsed.success || parsed.data.project !== project)
    throw new StateError(`${store.place}/${certificatesKey} does not hold the certificates of project ${project}`, {
      done: ['nothing was changed, and the file is as it was'],
      next: `put the right file there, or move it aside and order anew: mv ${store.place}/${certificatesKey} ${store.place}/${certificatesKey}.damaged`,
    });
  const { acme, handed } = parsed.data;
  return { ...(acme === undefined ? {} : { acme: acme as AcmeKeys }), handed };
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Two environments may write at once, so each change is made to what is there then. */
const tries = 5;

export const changeCertificates = async (
  store: ObjectStore,
  project: string,
  change: (before: CertificatesDocument) => CertificatesDocument,
): Promise<CertificatesDocument> => {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const before = await store.get(certificatesKey);
    const next = change(await readCertificates(store, project));
    const text = `${JSON.stringify({ project, ...next }, revealing, 2)}\n`;
    const outcome =
      before === undefined
        ? await store.putIfAbsent(certificatesKey, text)
        : await store.putIfMatch(certificatesKey, text, before.etag);
    if (outcome.ok) return next;
  }
  throw new StateError(`${store.place}/${certificatesKey} was written by others ${tries} times in a row`, {
    done: ['the other documents were left as they are'],
    next: 'run the same command again',
  });
};
