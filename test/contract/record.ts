import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import { createPeers, noPeers } from '../cluster/peers.ts';
import { recordConsulAccess, recordConsulReads, recordPreviewLogins, recordWorkloads } from './recording/consul.ts';
import {
  recordNomadAccess,
  recordNomadJobs,
  recordNomadNamespaces,
  recordNomadReads,
  recordNomadStop,
  recordNomadVariables,
} from './recording/nomad.ts';
import { createRecorder, type Entry, type Recorder, type System } from './recording/recorder.ts';
import { bringOthers, recordAlone, recordDead, type Scene, untilReady } from './recording/scene.ts';

/*
 * Asks a real Consul and a real Nomad everything that our adapters ask them, and much that can go wrong, and writes the
 * answers down as test data: `RECORD_PEERS=1 node test/contract/record.ts`. See test/contract/recorded/README.md.
 */
const record = async (): Promise<Recorder> => {
  if (noPeers !== undefined) throw new Error(`nothing to record: ${noPeers}`);
  const keys = await makeClusterKeys({ name: 'production', clock: systemClock, random: systemRandom });
  const subnet = '127.77.7';
  const peers = createPeers(3, subnet, keys);
  const recorder = createRecorder({ keys, peers, subnet });
  const scene: Scene = { peers, keys, recorder };
  try {
    await recordAlone(scene);
    await bringOthers(scene);
    await recordConsulAccess(scene);
    await recordNomadAccess(scene);
    await untilReady(scene);
    await recordWorkloads(scene);
    await recordNomadJobs(scene);
    await recordNomadReads(scene);
    await recordConsulReads(scene);
    await recordNomadVariables(scene);
    await recordNomadStop(scene);
    await recordPreviewLogins(scene);
    await recordNomadNamespaces(scene);
    await recordDead(scene);
    return recorder;
  } finally {
    await peers.end();
  }
};

const versionOf = (system: System): string => {
  const said = spawnSync(process.env[`${system.toUpperCase()}_BIN`] ?? system, ['version'], { encoding: 'utf8' });
  return /v(\d+\.\d+\.\d+)/.exec(said.stdout)?.[1] ?? 'unknown';
};

const write = (system: System, topics: Readonly<Record<string, readonly Entry[]>>): void => {
  const folder = join(import.meta.dirname, 'recorded', `${system}-${versionOf(system)}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [topic, entries] of Object.entries(topics))
    writeFileSync(join(folder, `${topic}.json`), `${JSON.stringify(entries, null, 2)}\n`);
};

if (process.env['RECORD_PEERS'] === undefined)
  throw new Error('set RECORD_PEERS=1: this starts real servers and overwrites test/contract/recorded');
const recorder = await record();
for (const system of ['consul', 'nomad'] as const) write(system, recorder.topics(system));
