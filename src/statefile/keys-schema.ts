import { z } from 'zod';
import { Secret } from '../domain/secret.ts';

const secret = z
  .string()
  .min(1)
  .transform((text) => new Secret(text))
  .describe('Secret');

const hostKeys = z.strictObject({
  first: z
    .strictObject({ privateKey: secret, publicKey: z.string() })
    .optional()
    .describe('Serves the first login only'),
  pinned: z.string().optional().describe('The host key that the server made itself'),
  registry: z.string().optional().describe('Mark of the registry login that it has'),
});

const certificate = z.strictObject({ certificate: z.string(), key: secret, notAfter: z.string() });

/** `AcmeKeys` as stored. */
export const acmeSchema = z.strictObject({
  accountKey: secret,
  accountUrl: z.string().optional(),
  certificates: z.record(z.string(), certificate),
});

/** `ClusterKeys` as stored. */
export const keysSchema = z
  .strictObject({
    ca: z.strictObject({ certificate: z.string().describe('PEM'), key: secret }),
    gossip: z.strictObject({ consul: secret, nomad: secret }),
    consul: z.strictObject({
      management: secret,
      agent: secret,
      nomad: secret,
      ingress: secret,
      provisioner: secret,
    }),
    nomad: z.strictObject({ management: secret, deployer: secret.nullable() }),
    ssh: z.strictObject({ privateKey: secret, publicKey: z.string() }),
    hosts: z.record(z.string(), hostKeys).describe('By server name'),
    recovery: z
      .strictObject({ since: z.iso.datetime(), formerCa: z.string().describe('PEM') })
      .optional()
      .describe('While keys made after a loss are not everywhere yet'),
  })
  .describe('What the servers and the provisioner know of each other; secrets in plain text, so guard this document');

/** `ApplicationSecrets` as stored. */
export const applicationsSchema = z
  .record(z.string(), z.strictObject({ value: secret, revision: z.string().min(1), setAt: z.iso.datetime() }))
  .describe('Secrets of the applications, by name; a new value has a new revision');
