import { expect, test } from 'vitest';
import type { Connection } from '../../src/cluster/ask.ts';
import type { ClusterDeps } from '../../src/cluster/deps.ts';
import { createClusterOperations } from '../../src/cluster/operations.ts';
import type { Waiting } from '../../src/ports/cluster-operations.ts';

const target = (name: string) => ({ name, privateIp: '10.0.1.11', publicIp: null });
const stopOn = async (leaving: readonly string[]) => {
  const asked: string[] = [];
  const connect: ClusterDeps['connect'] = ({ name }) => ({
    ...({} as Connection),
    scheduler: { ...({} as Connection['scheduler']), stop: async () => void asked.push(name) },
  });
  const operations = createClusterOperations({ connect } as ClusterDeps);
  const waiting: Waiting = {
    progress: () => {},
    signal: new AbortController().signal,
    servers: [target('worker-1'), target('production-1')],
    leaving,
  };
  await operations.stop('web', waiting);
  return asked;
};

test('a server that the run deletes is not asked about jobs while there is another', async () => {
  expect(await stopOn([])).toEqual(['worker-1']);
  expect(await stopOn(['worker-1'])).toEqual(['production-1']);
});

test('when all of them go, as in a destroy, those that are still there are asked', async () => {
  expect(await stopOn(['worker-1', 'production-1'])).toEqual(['worker-1']);
});
