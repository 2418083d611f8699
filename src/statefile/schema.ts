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

const journalEvent = z.strictObject({
  at: time,
  run: z.string(),
  step: z.string(),
  event: z.enum(['started', 'accepted', 'succeeded', 'failed', 'abandoned']),
  detail: z.string().optional(),
});

/** Enough for the steps of fifty servers; older events say nothing that the resources don't. */
export const journalMax = 400;

const runRecord = z.strictObject({
  run: z.string(),
  holder: z.string().describe('user@host'),
  command: z.string(),
  startedAt: time,
  endedAt: time.optional().describe('Absent: it was stopped, or is still at work'),
  journal: z.array(journalEvent).max(journalMax).describe('Oldest first: intents before their calls, outcomes after'),
});

const verdict = z.strictObject({
  place: z.string(),
  createIfAbsent: z.boolean(),
  replaceIfMatch: z.boolean(),
  etags: z.enum(['unquoted', 'quoted']),
  triedAt: time,
});

export const sealedSchema = z
  .strictObject({ recipients: z.array(z.string()), age: z.string().describe('Armored') })
  .describe('keys and applications, readable by the recipients alone (age-encryption.org/v1)');

const place = z.strictObject({ run: z.string(), holder: z.string(), at: time });

const said = { by: z.string(), at: time };
const images = z.record(z.string(), z.string());
const preview = z
  .strictObject({
    author: z.string(),
    seen: z.strictObject({ sha: z.string(), state: z.enum(['open', 'draft', 'closed']), at: time }).optional(),
    asked: z.strictObject({ sha: z.string(), at: time }).optional(),
    approved: z.strictObject({ ...said, sha: z.string() }).optional(),
    dismissed: z.strictObject(said).optional(),
    wantedAt: time.optional(),
    built: z.strictObject({ sha: z.string(), images, at: time }).optional(),
    unbuilt: z.strictObject({ sha: z.string(), message: z.string(), at: time }).optional(),
    deployed: z.strictObject({ sha: z.string(), images, at: time }).optional(),
    failed: z.strictObject({ sha: z.string(), message: z.string(), at: time, tries: z.int().min(1) }).optional(),
    startedAt: time.optional(),
    monthlyCents: z.int().min(0).optional(),
    stoppedAt: time.optional(),
    ended: z
      .strictObject({ because: z.enum(['expired', 'evicted']), at: time, madeRoomFor: z.string().optional() })
      .optional(),
    activityAt: time,
    reviewedAt: time.optional(),
    extendedUntil: time.optional(),
    waitingSince: time.optional(),
    redeploy: z.strictObject(said).optional(),
    comment: z.int().optional(),
    deployment: z.int().optional(),
    checkRun: z.strictObject({ id: z.int(), sha: z.string() }).optional(),
    answered: z.array(z.int()).max(50).optional(),
    refused: z.array(z.string()).max(20).optional(),
    shown: z.strictObject({ comment: z.string(), deployment: z.string(), check: z.string() }).partial().optional(),
  })
  .describe('What people said of a pull request, and what was shown to them');
const pinned = z.strictObject({
  asked: z.string(),
  image: z.string(),
  at: time,
  configured: z.string().describe('What infra.yaml had then: when it has something else, that counts'),
  healthy: z.literal(true).optional().describe('It became healthy'),
  before: z.string().optional().describe('What ran before and was healthy: rollback goes there'),
});

const address = z.string().refine(isAddress, { error: 'not an address (kind/name)' });

/** Version 4 of the state document. `state/state.v4.schema.json` is made from it. */
export const stateSchema = z
  .strictObject({
    schemaVersion: z.literal(stateSchemaVersion),
    lineage: z.string().min(1).describe('Random, made once per environment'),
    serial: z.int().min(1).describe('Grows by one with every write'),
    project: z.string().min(1),
    environment: z.string().min(1),
    environmentType: z.enum(['production', 'staging', 'pr', 'pool', 'shared']),
    updatedAt: time,
    writtenBy: z.string().optional().describe('The release that wrote the document'),
    fencingToken: z.int().min(0).describe('Of the lease under which it was written'),
    store: verdict.optional().describe('What the store was found to honour when it was tried out'),
    resources: z.record(address, remembered),
    keys: keysSchema.optional(),
    applications: applicationsSchema.optional(),
    sealed: sealedSchema.optional().describe('In place of keys and applications'),
    versions: z.array(z.int().min(1)).optional().describe('Serials of the earlier documents that are kept'),
    places: z.record(z.string(), place).optional().describe('Only in shared: which previews have a place'),
    previews: z.record(z.string(), preview).optional().describe('Only in shared: by environment'),
    images: z
      .record(z.string(), pinned)
      .optional()
      .describe('By job: the image that was asked for, and what it was pinned to'),
    lastRun: runRecord.optional(),
    history: z.array(historyEntry).max(historyMax).describe('Newest first'),
  })
  .describe('Memory of the provisioner between runs, one document per environment');

/** What the sealed part holds. */
export const secretsSchema = z.strictObject({
  keys: keysSchema.optional(),
  applications: applicationsSchema.optional(),
});

/** All that can be asked of a document of another version. */
export const anyVersionSchema = z.looseObject({
  schemaVersion: z.int().min(1),
  writtenBy: z.string().optional(),
  fencingToken: z.int().optional(),
  lastRun: z.looseObject({ holder: z.string(), command: z.string() }).optional(),
});

/** JSON Schema for editors and other readers of a state document. */
export const stateJsonSchema = (): object => z.toJSONSchema(stateSchema, { unrepresentable: 'any', io: 'input' });
