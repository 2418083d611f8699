import type { ProjectConfig } from '../config/project.ts';
import { Failure } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { Check } from '../ports/state-access.ts';
import { sharedState } from '../statefile/change-shared.ts';
import { whoHolds } from '../statefile/lease-words.ts';
import { readMarker } from '../statefile/moved.ts';
import { readState } from '../statefile/read.ts';
import { targetText } from '../statefile/target-text.ts';
import { refusePlainText } from '../statefile/unsealed.ts';
import { bad, type Examined, tried } from './doctor.ts';
import type { Leases } from './lease.ts';
import { unfinishedRun } from './state-access.ts';

interface Looked extends Pick<Examined, 'recovery'> {
  readonly config: ProjectConfig;
  readonly store: ObjectStore;
  readonly sealer: Sealer;
  readonly leases: Pick<Leases, 'standing'>;
}

/** Every state that there is, with its lease; and whether its secrets can be opened here. */
export const checkEnvironments = async (
  of: Looked,
  whose: string,
): Promise<{ readonly checks: readonly Check[]; readonly opens: boolean }> => {
  const names = (await of.store.list()).flatMap(
    (key) => /^(production|staging|pool|pr-\d+|shared)\.json$/.exec(key)?.[1] ?? [],
  );
  const sealing = await checkSealing(of, whose);
  const checks: Check[] = [sealing, ...(await checkMove(of, whose))];
  const opens = sealing.result === 'ok';
  for (const name of names) checks.push(await checkState(of, name, opens), await checkLease(of, name));
  const targets = new Set([...names, ...(whose === '' ? Object.keys(of.config.environments) : [])]);
  for (const name of targets) if (name !== sharedState) checks.push(...(await checkRecovery(of, name)));
  return { checks, opens };
};

const checkSealing = async ({ store, sealer }: Looked, whose: string): Promise<Check> => {
  const { recipients } = sealer;
  const [check] = await tried(`secrets${whose}`, async () => {
    refusePlainText(store, sealer, 'secrets');
    if (recipients.length === 0) return ['in plain text, in files that only their owner may read', true] as const;
    const about = { what: 'what is written here', target: whose === '' ? 'production' : 'pr' };
    await sealer.open(await sealer.seal('a trial'), recipients, about);
    return [`sealed for ${recipients.length}; your identity opens them`, true] as const;
  });
  return check;
};

const checkMove = async ({ store }: Looked, whose: string): Promise<Check[]> => {
  const name = `move of states${whose}`;
  const [check] = await tried(name, async () => {
    const marker = (await readMarker(store))?.marker;
    if (marker === undefined || marker.role === 'none') return ['none', null] as const;
    if (marker.role === 'source' && marker.finished)
      throw new Failure(`the states moved to ${marker.place}`, {
        next: `write under state of infra.yaml: backend: ${marker.to}`,
      });
    throw new Failure(
      `states are on their way ${marker.role === 'source' ? 'to' : 'from'} ${marker.place} since ${marker.at}`,
      {
        next: `if nobody is at it, go on with: reconcile state migrate --to ${marker.to}`,
      },
    );
  });
  return check.result === 'ok' ? [] : [check];
};

/** What is sealed for others is looked at without being opened. */
const checkState = async ({ store, config, sealer, leases }: Looked, name: string, opens: boolean): Promise<Check> => {
  const [check] = await tried(`state of ${name}`, async () => {
    const loaded = await readState(store, name, config.project, opens ? sealer : null);
    if (loaded === null) return ['it was there a moment ago', null] as const;
    const { serial, updatedAt } = loaded.state;
    const unfinished = unfinishedRun(loaded.state);
    if (unfinished !== null && (await leases.standing(name)).standing !== 'held') {
      const { command, holder, startedAt, steps } = unfinished;
      const at = steps.length === 0 ? '' : ` at ${steps.slice(0, 3).join(', ')}${steps.length > 3 ? ' and more' : ''}`;
      throw new Failure(`${command} of ${holder}, begun at ${startedAt}, was stopped${at}`, {
        next: `it finds what was made, and goes on: reconcile ${targetText(name)}`,
      });
    }
    return [`serial ${serial}, written ${updatedAt}`, loaded] as const;
  });
  return check;
};

const checkLease = async ({ leases }: Looked, name: string): Promise<Check> => {
  const [check] = await tried(`lease on ${name}`, async () => {
    const { standing, record } = await leases.standing(name);
    if (standing !== 'held' || record === undefined) return ['nobody holds it', standing] as const;
    return [`held by ${whoHolds(record)} since ${record.acquiredAt}: ${record.command}`, standing] as const;
  });
  return check;
};

/** Only where there is one. */
const checkRecovery = async ({ recovery }: Looked, name: string): Promise<Check[]> => {
  const found = await recovery.find(name);
  if (found === undefined) return [];
  const message = `${found.path} holds what an earlier run could not write into the state`;
  return [
    bad(
      `recovery file of ${name}`,
      new Failure(message, { next: `the next run takes it in: reconcile ${targetText(name)}` }),
    ),
  ];
};
