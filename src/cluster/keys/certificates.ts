import { webcrypto, X509Certificate } from 'node:crypto';
import type { ClusterKeys } from '../../domain/cluster-keys.ts';
import { Secret } from '../../domain/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';

/*
 * One private certificate authority per environment: it signs this cluster's servers and nothing else, and its key is
 * never on a server. ECDSA P-256, which both systems and every browser of their UIs understand.
 */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 24 * 60 * 60 * 1000;
/** A server's clock may be a little behind ours in its first minute. */
const backdatedMs = 60 * 60 * 1000;
const caLifeMs = 3650 * day;
const serverLifeMs = 730 * day;

type Given = { readonly clock: Clock; readonly random: Random };

/** Work on other threads (webcrypto) is nothing that a virtual clock could see, so time is held meanwhile. */
const held = async <T>(clock: Clock, work: () => Promise<T>): Promise<T> => {
  const release = clock.hold?.();
  try {
    return await work();
  } finally {
    release?.();
  }
};

/** Loaded when the first certificate is made: most commands make none. */
const library = () => import('@peculiar/x509');

/** A serial number as X.509 wants it: positive, up to 20 octets. */
const serialNumber = (random: Random): string => `01${random.hex(15)}`;

export const makeAuthority = (name: string, { clock, random }: Given): Promise<ClusterKeys['ca']> =>
  held(clock, async () => {
    const x509 = await library();
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const now = clock.now();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: serialNumber(random),
        name: [{ CN: [`${name} cluster CA`] }],
        notBefore: new Date(now - backdatedMs),
        notAfter: new Date(now + caLifeMs),
        signingAlgorithm: algorithm,
        keys,
        extensions: [
          new x509.BasicConstraintsExtension(true, 0, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
      },
      webcrypto,
    );
    return { certificate: pem(certificate), key: await privatePem(keys.privateKey) };
  });

export interface ServerIdentity {
  readonly name: string;
  readonly privateIp: string;
  /** Consul's: the environment's name. */
  readonly datacenter: string;
}

/**
 * A server's certificate, one for both systems. Either refuses peers that don't carry its own well-known name:
 * `server.<dc>.consul` (consul/docs, tls.internal_rpc.verify_server_hostname), `server.global.nomad` and for its client
 * half `client.global.nomad` (nomad/docs, tls). Each server is also its peers' client, hence both usages.
 */
export const serverCertificate = (
  ca: ClusterKeys['ca'],
  { name, privateIp, datacenter }: ServerIdentity,
  { clock, random }: Given,
): Promise<{ readonly certificate: string; readonly key: Secret }> =>
  held(clock, async () => {
    const x509 = await library();
    const authority = new x509.X509Certificate(ca.certificate);
    const signingKey = await webcrypto.subtle.importKey('pkcs8', derOf(ca.key), algorithm, false, ['sign']);
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const now = clock.now();
    const certificate = await x509.X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(random),
        subject: [{ CN: [name] }],
        issuer: authority.subjectName,
        notBefore: new Date(now - backdatedMs),
        notAfter: new Date(now + serverLifeMs),
        signingAlgorithm: algorithm,
        publicKey: keys.publicKey,
        signingKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          new x509.SubjectAlternativeNameExtension([
            { type: 'dns', value: `server.${datacenter}.consul` },
            { type: 'dns', value: 'server.global.nomad' },
            { type: 'dns', value: 'client.global.nomad' },
            { type: 'dns', value: 'localhost' },
            { type: 'ip', value: '127.0.0.1' },
            { type: 'ip', value: privateIp },
          ]),
          await x509.AuthorityKeyIdentifierExtension.create(authority, false, webcrypto),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    return { certificate: pem(certificate), key: await privatePem(keys.privateKey) };
  });

const pem = (certificate: { toString(format: 'pem'): string }): string => `${certificate.toString('pem').trim()}\n`;

const privatePem = async (key: webcrypto.CryptoKey): Promise<Secret> => {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const lines = der.match(/.{1,64}/g) ?? [];
  return new Secret(`-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`);
};
const derOf = (key: Secret): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(key.reveal().replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'));

/** Whether the PEM text holds this very certificate, alone or among others. */
export const sameCertificate = (text: string, certificate: string): boolean =>
  text.replaceAll(/\s/g, '').includes(certificate.replaceAll(/\s/g, ''));

/** Whether a PEM certificate was signed by this authority; false for what is no certificate. */
export const isIssuedBy = (certificate: string, authority: string): boolean => {
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.verify(new X509Certificate(authority).publicKey);
  } catch {
    // Nothing there, or half of it: a new one is delivered then.
    return false;
  }
};
