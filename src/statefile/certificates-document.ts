import { z } from 'zod';
import type { AcmeKeys } from '../domain/cluster-keys.ts';
import { StateError } from '../domain/errors.ts';
import { sameRecipients } from '../domain/recipients.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Sealer } from '../ports/sealer.ts';
import { wentUnanswered } from './insist.ts';
import { jsonIn } from './json-in.ts';
import { acmeSchema } from './keys-schema.ts';
import { revealing } from './revealing.ts';
import { sealedSchema } from './schema.ts';
import { refusePlainText } from './unsealed.ts';

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
  /** `acme`, sealed. */
  sealed: sealedSchema.optional(),
  handed: z.record(z.string(), z.string()),
});

interface Whose {
  readonly store: ObjectStore;
  readonly sealer: Sealer;
  readonly project: string;
}

/** Empty when there is none. Throws StateError for a document that can't be used. */
export const readCertificates = async (of: Whose): Promise<CertificatesDocument> =>
  (await found(of))?.document ?? { handed: {} };

interface Found {
  readonly etag: string;
  readonly document: CertificatesDocument;
  /** Undefined: it holds no secret. */
  readonly sealedFor: readonly string[] | undefined;
}

const found = async (of: Whose): Promise<Found | undefined> => {
  const stored = await of.store.get(certificatesKey);
  if (stored === undefined) return undefined;
  const { data } = schema.safeParse(jsonIn(stored.text));
  if (data?.project !== of.project) throw unusable(of);
  const { handed, sealed } = data;
  const acme = sealed === undefined ? (data.acme as AcmeKeys | undefined) : await opened(of, sealed);
  const document = { ...(acme === undefined ? {} : { acme }), handed };
  return { etag: stored.etag, document, sealedFor: acme === undefined ? undefined : (sealed?.recipients ?? []) };
};

const opened = async (of: Whose, { recipients, age }: z.infer<typeof sealedSchema>): Promise<AcmeKeys> => {
  const what = `the keys of the certificates in ${of.store.place}/${certificatesKey}`;
  const { data } = acmeSchema.safeParse(jsonIn(await of.sealer.open(age, recipients, { what, target: 'production' })));
  if (data === undefined) throw unusable(of);
  return data as AcmeKeys;
};

const unusable = ({ store, project }: Whose): StateError => {
  const path = `${store.place}/${certificatesKey}`;
  return new StateError(`${path} does not hold the certificates of project ${project}`, {
    done: ['nothing was changed, and the file is as it was'],
    next: `put the right document there, or remove it: the next run orders the certificates anew`,
  });
};

/** Two environments may write at once, so each change is made to what is there then. */
const tries = 5;

export const changeCertificates = async (
  of: Whose,
  change: (before: CertificatesDocument) => CertificatesDocument,
): Promise<CertificatesDocument> => {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const before = await found(of);
    const next = change(before?.document ?? { handed: {} });
    try {
      if (await put(of, before, next)) return next;
    } catch (error) {
      // What was ordered must not be lost with a reply; made twice, a change is the same.
      if (!wentUnanswered(error) || attempt === tries) throw error;
    }
  }
  throw overtaken(of);
};

/** Seals them for the present recipients; false: they are, or there are none. */
export const resealCertificates = async (of: Whose): Promise<boolean> => {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const before = await found(of);
    if (before?.sealedFor === undefined || sameRecipients(before.sealedFor, of.sealer.recipients)) return false;
    if (await put(of, before, before.document)) return true;
  }
  throw overtaken(of);
};

const overtaken = ({ store }: Whose): StateError =>
  new StateError(`${store.place}/${certificatesKey} was written by others ${tries} times in a row`, {
    done: ['the other documents were left as they are'],
    next: 'run the same command again',
  });

const put = async (of: Whose, before: Found | undefined, next: CertificatesDocument): Promise<boolean> => {
  const text = await textOf(of, next);
  const { store } = of;
  const outcome =
    before === undefined
      ? await store.putIfAbsent(certificatesKey, text)
      : await store.putIfMatch(certificatesKey, text, before.etag);
  return outcome.ok;
};

const textOf = async ({ store, sealer, project }: Whose, { acme, handed }: CertificatesDocument): Promise<string> => {
  const { recipients } = sealer;
  if (acme !== undefined) refusePlainText(store, sealer, 'the keys of the certificates');
  const secrets =
    acme === undefined || recipients.length === 0
      ? { acme }
      : { sealed: { recipients, age: await sealer.seal(JSON.stringify(acme, revealing)) } };
  return `${JSON.stringify({ project, ...secrets, handed }, revealing, 2)}\n`;
};
