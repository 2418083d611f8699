import type { Generation, LeaseObjects } from '../../src/hetzner/lease-objects.ts';

/** What the API promises of firewalls: unique names, and each request whole. */
export const createModelledLeases = (): LeaseObjects => {
  const rows = new Map<number, Generation>();
  let ids = 0;
  return {
    list: async () => [...rows.values()].sort((a, b) => a.number - b.number),
    async create(_environment, number, text) {
      if ([...rows.values()].some((row) => row.number === number)) return undefined;
      ids += 1;
      const made = { id: ids, number, text };
      rows.set(ids, made);
      return made;
    },
    async write(id, text) {
      const row = rows.get(id);
      if (row !== undefined) rows.set(id, { ...row, text });
      return row !== undefined;
    },
    async remove(id) {
      rows.delete(id);
    },
  };
};
