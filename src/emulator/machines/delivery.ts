import { z } from 'zod';
import { plain, type Value } from './hcl/evaluate.ts';
import { parseHcl } from './hcl/parser.ts';
import { writeFiles } from './root.ts';
import type { MachineRow } from './rows.ts';
import type { MachinesState } from './state.ts';

/** Body of POST /_emulator/machines/<name>/deliver. */
export const deliverySchema = z.array(
  z.strictObject({
    path: z.string().startsWith('/'),
    mode: z.string().regex(/^[0-7]{4}$/),
    owner: z.string().regex(/^[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*$/),
    content: z.string(),
  }),
);
export type DeliveredFile = z.infer<typeof deliverySchema>[number];

/** What a machine got after its first boot and keeps on its disk: of the contents only what the models act on. */
export interface Delivery {
  readonly diskId: number;
  /** Of the first one: the bootstrap goes on then. */
  readonly at: number;
  readonly paths: readonly string[];
  readonly consulGossip: string | null;
  readonly consulAgentToken: string | null;
  readonly nomadGossip: string | null;
  readonly nomadConsulToken: string | null;
  readonly ingressToken: string | null;
}

/** What lies on the machine's present disk; undefined: nothing was delivered to it yet. */
export const deliveryOf = (state: MachinesState, row: MachineRow): Delivery | undefined => {
  const kept = state.deliveries[row.id];
  return kept?.diskId === row.diskId ? kept : undefined;
};

/** Later files replace those at the same path; the agents read them at once. */
export const keepDelivery = (
  state: MachinesState,
  row: MachineRow,
  files: readonly DeliveredFile[],
  now: number,
): void => {
  const before = deliveryOf(state, row);
  const consul = settingsIn(files, '/etc/consul.d/');
  const nomad = settingsIn(files, '/etc/nomad.d/');
  const ingress = files.find((file) => file.path === '/etc/ingress/consul-token')?.content.trim();
  writeFiles(state, row, Object.fromEntries(files.map(({ path, content }) => [path, content])));
  state.deliveries[row.id] = {
    diskId: row.diskId,
    at: before?.at ?? now,
    paths: [...new Set([...(before?.paths ?? []), ...files.map((file) => file.path)])].toSorted(),
    consulGossip: at(consul, 'encrypt') ?? before?.consulGossip ?? null,
    consulAgentToken: at(consul, 'acl', 'tokens', 'agent') ?? before?.consulAgentToken ?? null,
    nomadGossip: at(nomad, 'server', 'encrypt') ?? before?.nomadGossip ?? null,
    nomadConsulToken: at(nomad, 'consul', 'token') ?? before?.nomadConsulToken ?? null,
    ingressToken: ingress ?? before?.ingressToken ?? null,
  };
};

/** Nothing is kept of disks and servers that are gone. */
export const forgetDeliveries = (state: MachinesState, rows: readonly MachineRow[]): void => {
  const disks = new Map(rows.map((row) => [String(row.id), row.diskId]));
  for (const [id, delivery] of Object.entries(state.deliveries))
    if (disks.get(id) !== delivery.diskId) delete state.deliveries[id];
  for (const [id, root] of Object.entries(state.roots)) if (disks.get(id) !== root.diskId) delete state.roots[id];
};

const settingsIn = (files: readonly DeliveredFile[], directory: string): Record<string, Value> =>
  Object.assign(
    {},
    ...files
      .filter(({ path }) => path.startsWith(directory) && path.endsWith('.hcl'))
      .map(({ content }) => plain(parseHcl(content))),
  );

const at = (settings: Record<string, Value>, ...keys: readonly string[]): string | undefined => {
  let value: Value | undefined = settings;
  for (const key of keys)
    value =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as Readonly<Record<string, Value>>)[key]
        : undefined;
  return typeof value === 'string' ? value : undefined;
};
