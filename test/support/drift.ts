import { converged } from './builders.ts';
import { createModelWorld, type ModelWorld } from './model-world.ts';

/** Somebody deletes a server by hand: its member is gone and its node is down. */
export const loseServer = (world: ModelWorld, name: string): void => {
  world.items = world.items.filter((item) => !(item.kind === 'server' && item.name === name));
  loseMember(world, name);
};
export const loseMember = (world: ModelWorld, name: string): void => {
  world.voters = world.voters.filter((voter) => voter !== name);
  world.nodes = world.nodes.map((node) => (node.name === name ? { ...node, status: 'down' } : node));
};

/** A converged world of its own for each test; converging is the slow part. */
export const copyOf = (world: ModelWorld): ModelWorld => {
  const copy = createModelWorld();
  const { items, nodes, voters, jobs, state } = structuredClone({
    items: world.items,
    nodes: world.nodes,
    voters: world.voters,
    jobs: world.jobs,
    state: world.state,
  });
  return Object.assign(copy, { items, nodes, voters, jobs, state });
};

let once: ModelWorld | undefined;
/** Production as it stands after a first run. */
export const standing = (): ModelWorld => {
  once ??= converged();
  return copyOf(once);
};
