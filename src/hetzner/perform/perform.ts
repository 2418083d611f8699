import { CloudError, Failure } from '../../domain/errors.ts';
import type { CloudKind } from '../../domain/kinds.ts';
import type { Catalogue } from '../../domain/observation.ts';
import type { CloudEffect } from '../../domain/plan.ts';
import type { Reference } from '../../domain/resource.ts';
import type { Accepted, Persistence } from '../../ports/cloud-api.ts';
import { architectureOf, imageReference } from '../images.ts';
import { type Reader, readers } from '../kinds.ts';
import { getOne, readCatalogue } from '../lists.ts';
import type { Memory } from '../memory.ts';
import type { Call } from '../request.ts';
import { rrsetReader, zoneOf } from '../rrsets.ts';
import { acceptedCreate, actionIdsOf } from './accepted.ts';
import { rrsetPath } from './dns.ts';
import { numericId, referencesBy } from './references.ts';
import { changeRequests, createRequest, type RequestContext } from './requests.ts';

type Create = Extract<CloudEffect, { op: 'create' }>;
type Change = Extract<CloudEffect, { op: 'change' }>;
type Delete = Extract<CloudEffect, { op: 'delete' }>;
interface How {
  readonly resolve: (reference: Reference) => string;
  readonly persistence: Persistence;
}

/** One effect, one writing request. Whatever has to be looked up for it is read before, so that a failure changes nothing. */
export const performEffect = async (call: Call, memory: Memory, effect: CloudEffect, how: How): Promise<Accepted> => {
  switch (effect.op) {
    case 'create':
      return create(call, memory, effect, how);
    case 'change':
      return change(call, memory, effect, how);
    case 'delete':
      return remove(call, effect, how);
  }
};

const create = async (
  call: Call,
  memory: Memory,
  { resource, placement }: Create,
  { resolve, persistence }: How,
): Promise<Accepted> => {
  const image =
    resource.kind === 'server' && placement !== undefined
      ? await imageOf(call, memory, resource.spec.image, (catalogue) => architectureOf(placement.type, catalogue))
      : undefined;
  const reader: Reader<Parameters<typeof acceptedCreate>[0]> =
    resource.kind === 'rrset' ? rrsetReader(await zoneOf(call, memory, resource.spec.zone)) : readers[resource.kind];
  const context: RequestContext = { references: referencesBy(resolve), placement, image };
  const request = createRequest(resource, context);
  const body = await call({ ...request, persistence });
  const item = reader.one(body, request);
  memory.note(item);
  return acceptedCreate(item, actionIdsOf(body, request));
};

const change = async (
  call: Call,
  memory: Memory,
  { kind, id, change: wanted }: Change,
  { resolve, persistence }: How,
): Promise<Accepted> => {
  if (id === null) throw new Failure(`the id of the ${kind} to change (${wanted.op}) is not known yet`);
  const path = pathOf(kind, id);
  const image = wanted.op === 'rebuild' ? await rebuildImage(call, memory, id, wanted.image) : undefined;
  const request = changeRequests[kind](path, wanted, {
    references: referencesBy(resolve),
    placement: undefined,
    image,
  });
  return { actionIds: actionIdsOf(await call({ ...request, persistence }), request), outputs: {} };
};

/** What is gone already counts as deleted: that is the end a delete is for. */
const remove = async (call: Call, { kind, id }: Delete, { persistence }: How): Promise<Accepted> => {
  const request = { method: 'DELETE', path: pathOf(kind, id), persistence } as const;
  try {
    return { actionIds: actionIdsOf(await call(request), request), outputs: {} };
  } catch (error) {
    if (error instanceof CloudError && error.code === 'not_found') return { actionIds: [], outputs: {} };
    throw error;
  }
};

const pathOf = (kind: CloudKind, id: string): string =>
  kind === 'rrset' ? rrsetPath(id) : `${readers[kind].path}/${numericId(id, kind)}`;

const imageOf = async (
  call: Call,
  memory: Memory,
  image: string,
  architecture: (catalogue: Catalogue) => 'x86' | 'arm' | undefined,
): Promise<number | string> => {
  // Kept as a promise: servers are created side by side, and one reading serves them all.
  memory.catalogue ??= readCatalogue(call);
  try {
    const catalogue = await memory.catalogue;
    return imageReference(image, architecture(catalogue), catalogue);
  } catch (error) {
    memory.catalogue = undefined;
    throw error;
  }
};

const rebuildImage = async (call: Call, memory: Memory, serverId: string, image: string): Promise<number | string> => {
  if (memory.architecture(serverId) === undefined) {
    const server = await getOne(call, pathOf('server', serverId), readers.server);
    if (server !== undefined) memory.note(server);
  }
  return imageOf(call, memory, image, () => memory.architecture(serverId));
};
