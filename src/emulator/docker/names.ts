import { createHash } from 'node:crypto';
import { labelNames, type ThingKind, type WorldNames } from './types.ts';

/** 8 hex digits out of any text. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

export const labelArguments = (
  world: string,
  kind: ThingKind,
  id: string | number,
  more: Readonly<Record<string, string>> = {},
): string[] => {
  const labels = { [labelNames.world]: world, [labelNames.kind]: kind, [labelNames.id]: String(id), ...more };
  return Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]);
};
/** Selects this world's things in `ps`, `network ls` and `volume ls`. */
export const ofWorld = (world: string): string[] => ['--filter', `label=${labelNames.world}=${world}`];

/**
 * A docker network of a private one is called a wire: it carries bits, the addresses on it are put there by us. The name
 * sorts behind `public`, for an engine takes a container's default route from the first network by name.
 */
export const worldNames = (world: string): WorldNames => {
  const prefix = `emulated-${world}`;
  return {
    prefix,
    publicNetwork: `${prefix}-public`,
    wire: (id) => `${prefix}-wire-${id}`,
    server: (id) => `${prefix}-server-${id}`,
    balancer: (id) => `${prefix}-balancer-${id}`,
    services: `${prefix}-services`,
    labels: (kind, id, more) => labelArguments(world, kind, id, more),
  };
};
