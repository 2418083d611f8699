import type { Action, ActionResource } from '../hetzner/wire/actions.ts';
import type { Certificate } from '../hetzner/wire/certificates.ts';
import type { Firewall } from '../hetzner/wire/firewalls.ts';
import type { FloatingIp } from '../hetzner/wire/floating-ips.ts';
import type { Image } from '../hetzner/wire/images.ts';
import type { LoadBalancer } from '../hetzner/wire/load-balancers.ts';
import type { Network } from '../hetzner/wire/networks.ts';
import type { PlacementGroup } from '../hetzner/wire/placement-groups.ts';
import type { PrimaryIp } from '../hetzner/wire/primary-ips.ts';
import type { Server } from '../hetzner/wire/servers.ts';
import type { SshKey } from '../hetzner/wire/ssh-keys.ts';
import type { Volume } from '../hetzner/wire/volumes.ts';
import type { Rrset, Zone } from '../hetzner/wire/zones.ts';
import type { Catalogue, CatalogueAt } from './catalogue/types.ts';
import { createTable, type SavedTable, type StoredTable } from './table.ts';

/*
 * The whole emulated project. Rows have wire shapes, but every fact has one owner; the views derive the rest:
 *   server in networks          server.private_net          -> network.servers
 *   load balancer in network    load_balancer.private_net   -> network.load_balancers
 *   load balancer targets       load_balancer.targets       -> server.load_balancers
 *   volume on server            volume.server               -> server.volumes
 *   floating IP on server       floating_ip.server          -> server.public_net.floating_ips
 *   primary IP on server        primary_ip.assignee_id      -> server.public_net.ipv4, .ipv6
 *   firewall on server          firewall.applied_to         -> server.public_net.firewalls
 *   placement group of server   serverFacts.placementGroup  -> placement_group.servers, server.placement_group
 * Whoever writes a derived field of a row writes into the wind.
 */

/** What a server has beyond its wire row. Times are ms since the epoch. */
export interface ServerFacts {
  userData: string | null;
  sshKeys: string[];
  rootPassword: string | null;
  placementGroup: number | null;
  /** Grows with each installation (create, rebuild): a new disk, so cloud-init runs again. */
  diskId: number;
  /** When it last came to `running`; null while it is off. */
  bootedAt: number | null;
  /** When the present disk was first booted; null before. */
  firstBootAt: number | null;
  /** MAC of the public interface. */
  mac: string;
  /** When it was last told to shut down, since it runs; absent in worlds of before. */
  shutdownAt?: number | null;
}

/** What an action will do when it ends; data, so that a saved world can go on. See effects.ts. */
export interface Effect {
  name: string;
  data: unknown;
}
/** What is still to come of a running action. `endsAt` null: waits for its predecessor, or never ends. */
export interface PendingAction {
  id: number;
  startsAt: number;
  endsAt: number | null;
  duration: number;
  after: number | null;
  never: boolean;
  effect: Effect | null;
  failure: { code: string; message: string } | null;
  locks: ActionResource[];
}
export interface Timer {
  at: number;
  effect: Effect;
}
export interface ApiToken {
  token: string;
  /** A read-only token answers `token_readonly` to every write. */
  write: boolean;
}

/** Format of the world file; a file of another format is refused, never guessed at. */
export const worldFormat = 1;

const tablesOf = () => ({
  servers: createTable<Server>('server', 1_000_001),
  networks: createTable<Network>('network', 2_000_001),
  sshKeys: createTable<SshKey>('SSH key', 3_000_001),
  placementGroups: createTable<PlacementGroup>('placement group', 4_000_001),
  firewalls: createTable<Firewall>('firewall', 5_000_001),
  loadBalancers: createTable<LoadBalancer>('load balancer', 6_000_001),
  certificates: createTable<Certificate>('certificate', 7_000_001),
  zones: createTable<Zone>('zone', 8_000_001),
  rrsets: createTable<Rrset>('RRSet', 1),
  volumes: createTable<Volume>('volume', 9_000_001),
  primaryIps: createTable<PrimaryIp>('primary IP', 10_000_001),
  floatingIps: createTable<FloatingIp>('floating IP', 11_000_001),
  /** Snapshots and backups; system images are in the catalogue. */
  images: createTable<Image>('image', 300_000_001),
  actions: createTable<Action>('action', 500_000_001),
  serverFacts: createTable<ServerFacts>('server', 1),
});
export type Tables = ReturnType<typeof tablesOf>;
export type TableName = keyof Tables;

/** `id`: 8 hex digits. `directory`: where the world lay when it got its id; a copy elsewhere gets another. */
export interface DockerSide {
  id: string;
  directory: string;
  range: string;
}

/** Small facts, saved as they stand. */
export interface WorldState {
  tokens: ApiToken[];
  /** The catalogue's day and VAT: a change of date is a change of world. */
  date: string;
  vatPercent: number;
  /** Overrides of the catalogue's stock: `cx23@nbg1` to orderable or not. */
  stock: Record<string, boolean>;
  /** State of the random generator. */
  random: number;
  /** Milliseconds that the world is ahead of the wall clock. */
  clockOffset: number;
  pending: PendingAction[];
  timers: Timer[];
  /** Public IPv4 addresses and IPv6 networks given out so far. */
  allotted: { ipv4: number; ipv6: number };
  /** What machine models remember. */
  machines: Record<string, unknown>;
  /** Of worlds whose servers are containers: what their things on the engine are called, and their public /24. */
  docker?: DockerSide;
  /** Private keys of uploaded certificates, which the API never shows; absent in worlds of before. */
  certificateKeys?: Record<number, string>;
}
export interface World extends Tables {
  readonly state: WorldState;
  readonly catalogue: Catalogue;
  snapshot(): SavedWorld;
  restore(saved: SavedWorld): void;
}
export type SavedWorld = { format: number; state: WorldState } & { tables: Record<string, SavedTable<unknown>> };

export interface WorldOptions {
  readonly date: string;
  readonly vatPercent: number;
  readonly seed: number;
  readonly tokens: readonly ApiToken[];
  readonly catalogueAt: CatalogueAt;
}

export const createWorld = (options: WorldOptions): World => {
  const tables = tablesOf();
  const state: WorldState = {
    tokens: options.tokens.map((token) => ({ ...token })),
    date: options.date,
    vatPercent: options.vatPercent,
    stock: {},
    random: options.seed >>> 0,
    clockOffset: 0,
    pending: [],
    timers: [],
    allotted: { ipv4: 0, ipv6: 0 },
    machines: {},
  };
  let catalogue: Catalogue | undefined;
  const stored = Object.entries(tables) as [string, StoredTable<unknown>][];
  return {
    ...tables,
    state,
    get catalogue() {
      if (catalogue?.date !== state.date || catalogue.vatPercent !== state.vatPercent)
        catalogue = options.catalogueAt(state.date, { vatPercent: state.vatPercent });
      return catalogue;
    },
    snapshot: () =>
      structuredClone({
        format: worldFormat,
        state,
        tables: Object.fromEntries(stored.map(([name, table]) => [name, table.save()])),
      }),
    restore: (saved) => {
      const copy = structuredClone(saved);
      Object.assign(state, copy.state);
      for (const [name, table] of stored) {
        const rows = copy.tables[name];
        if (rows !== undefined) table.load(rows);
      }
    },
  };
};
