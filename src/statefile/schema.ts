import { z } from 'zod';
import { isAddress } from '../domain/address.ts';
import { kinds } from '../domain/kinds.ts';
import { stateSchemaVersion } from '../domain/statefile.ts';
import { applicationsSchema, keysSchema } from './keys-schema.ts';

/** More would make the document grow for ever. */
export const historyMax = 50;

const time = z.iso.datetime().describe('ISO 8601, UTC');

const remembered = z
  .strictObject({
    kind: z.enum(kinds),
    id: z.string().min(1).describe("Hetzner's id as text; a job's Nomad id; the cluster's environment"),
    name: z.string(),
    createdAt: z.string().describe('ISO 8601; with id and name it proves that an object is still the same one'),
    fingerprint: z.string().describe('Of the resource as last applied; empty while its creation has not ended'),
    userDataFingerprint: z.string().optional().describe('Servers only: image and user data as last booted'),
    outputs: z.record(z.string(), z.string()),
  })
  .describe('What the last runs knew of one address; never proof that it exists');

const historyEntry = z.strictObject({
  run: z.string(),
  serial: z.int().min(0),
  at: time,
  command: z.string(),
  outcome: z.string(),
  summary: z.record(z.string(), z.int()),
});

const address = z.string().refine(isAddress, { error: 'not an address (kind/name)' });

/** Version 2 of the state document. `state/state.v2.schema.json` is made from it. */
export const stateSchema = z
  .strictObject({
    schemaVersion: z.literal(stateSchemaVersion),
    lineage: z.string().min(1).describe('Random, made once per environment'),
    serial: z.int().min(1).describe('Grows by one with every write'),
    project: z.string().min(1),
    environment: z.string().min(1),
    environmentType: z.enum(['production', 'staging', 'pr', 'shared']),
    updatedAt: time,
    writtenBy: z.string().optional().describe('The release that wrote the document'),
    resources: z.record(address, remembered),
    keys: keysSchema.optional(),
    applications: applicationsSchema.optional(),
    history: z.array(historyEntry).max(historyMax).describe('Newest first'),
  })
  .describe('Memory of the provisioner between runs, one document per environment');

/** All that can be asked of a document of another version. */
export const anyVersionSchema = z.looseObject({
  schemaVersion: z.int().min(1),
  writtenBy: z.string().optional(),
});

/** JSON Schema for editors and other readers of a state document. */
export const stateJsonSchema = (): object => z.toJSONSchema(stateSchema, { unrepresentable: 'any', io: 'input' });
