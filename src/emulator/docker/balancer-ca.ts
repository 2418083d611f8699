import { randomBytes, webcrypto } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/*
 * The authority that stands in for Let's Encrypt: one per world, in its directory, so that
 * `curl --cacert <world>/ca.pem` believes what the load balancers show. It signs nothing else.
 */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 24 * 3_600_000;
const caLifeMs = 3650 * day;
/** As Let's Encrypt's, renewed with a month to go. */
const leafLifeMs = 90 * day;
const renewMs = 30 * day;
const backdatedMs = 3_600_000;

/** Loaded when the first certificate is made. */
const library = () => import('@peculiar/x509');
const serialNumber = (): string => `01${randomBytes(15).toString('hex')}`;

export const caFile = (directory: string): string => join(directory, 'ca.pem');
const caKeyFile = (directory: string): string => join(directory, 'ca-key.pem');

/** A file that may not be there yet. */
export const textOf = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const writeWhole = async (file: string, text: string, mode: number): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, text, { mode });
  await rename(`${file}.tmp`, file);
};

interface Authority {
  readonly certificate: string;
  readonly key: string;
}

/** The world's authority, made on first use. The key is written first: a certificate without its key signs nothing. */
export const worldAuthority = async (directory: string, now: number): Promise<Authority> => {
  const certificate = await textOf(caFile(directory));
  const key = await textOf(caKeyFile(directory));
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  const made = await makeAuthority(now);
  await writeWhole(caKeyFile(directory), made.key, 0o600);
  await writeWhole(caFile(directory), made.certificate, 0o644);
  return made;
};

const makeAuthority = async (now: number): Promise<Authority> => {
  const x509 = await library();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: 'CN=Emulated certificate authority',
      notBefore: new Date(now - backdatedMs),
      notAfter: new Date(now + caLifeMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: pem(certificate), key: await privatePem(keys.privateKey) };
};

/** Key and certificate for these names, in one PEM as HAProxy reads it; kept in `file` and renewed in time. */
export const managedPem = async (
  directory: string,
  file: string,
  names: readonly string[],
  now: number,
): Promise<string> => {
  const x509 = await library();
  const kept = await textOf(file);
  if (kept !== undefined && new x509.X509Certificate(kept).notAfter.getTime() - now > renewMs) return kept;
  const { certificate, key } = await worldAuthority(directory, now);
  const authority = new x509.X509Certificate(certificate);
  const der = Buffer.from(key.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leaf = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: `CN=${names[0] ?? ''}`,
      issuer: authority.subjectName,
      notBefore: new Date(now - backdatedMs),
      notAfter: new Date(now + leafLifeMs),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
        await x509.AuthorityKeyIdentifierExtension.create(authority, false, webcrypto),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const text = `${pem(leaf)}${await privatePem(keys.privateKey)}`;
  await writeWhole(file, text, 0o600);
  return text;
};

const pem = (certificate: { toString(format: 'pem'): string }): string => `${certificate.toString('pem').trim()}\n`;

const privatePem = async (key: webcrypto.CryptoKey): Promise<string> => {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(der.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
};
