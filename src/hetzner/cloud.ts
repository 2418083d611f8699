import type { CloudApi } from '../ports/cloud-api.ts';
import { type ChainOptions, createChain } from './chain.ts';
import { readers } from './kinds.ts';
import { findByName, listWith, readActions, readCatalogue, readPrices } from './lists.ts';
import { createMemory } from './memory.ts';
import { performEffect } from './perform/perform.ts';
import { findRrset, listRrsets } from './rrsets.ts';

/**
 * The Hetzner Cloud API behind our port. Builds nothing and asks nothing until the first call. Throws CloudError and
 * NoReplyError with redacted texts; see retry.ts for what is tried again, and paging.ts for what makes a list whole.
 */
export const createHetznerCloud = (options: ChainOptions): CloudApi => {
  const { call, usage } = createChain(options);
  const memory = createMemory();
  return {
    list: async (kind) => {
      const listing = await listWith(call, readers[kind], ({ id }) => id, { sort: 'id:asc' });
      listing.items.forEach(memory.note);
      return listing;
    },
    listRrsets: (zone) => listRrsets(call, memory, zone),
    find: (kind, name) => (kind === 'rrset' ? findRrset(call, memory, name) : findByName(call, readers[kind], name)),
    catalogue: async () => {
      const catalogue = await readCatalogue(call);
      memory.catalogue = Promise.resolve(catalogue);
      return catalogue;
    },
    prices: () => readPrices(call),
    perform: (effect, resolve, persistence = {}) => performEffect(call, memory, effect, { resolve, persistence }),
    actions: (ids) => readActions(call, ids),
    usage,
  };
};
