import { Failure } from '../domain/errors.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import type { BootStatus, DeliveredFile, MachineTarget } from '../ports/machines.ts';
import { deliveredFiles } from './delivery.ts';
import type { ClusterDeps } from './deps.ts';
import { FatalProbeError, waitFor } from './wait.ts';

/** A first boot takes about a minute; a slow mirror several. */
export const bootMs = 600_000;

/**
 * Until the bootstrap of a server is done. It stops on its way to wait for its keys, which come over SSH: they are
 * handed over as soon as it says so. Its error ends the wait at once, with the end of its log.
 */
export const awaitBoot = (deps: ClusterDeps, target: MachineTarget, waiting: Waiting): Promise<void> =>
  waitFor<void>({
    ...deps,
    ...waiting,
    deadlineMs: bootMs,
    describe: `cloud-init of ${target.name} to finish`,
    probe: async () => {
      const boot = await bootStatus(deps, target);
      switch (boot.stage) {
        case 'done':
          for (const part of boot.timings ?? []) waiting.timed?.(part);
          return { done: true, value: undefined };
        case 'error':
          throw new FatalProbeError(`cloud-init of ${target.name} failed: ${boot.detail}`, {
            next: 'run again once its cause is removed; the server is rebuilt when its user data changed',
          });
        case 'unreachable':
          return { done: false, detail: boot.because };
        case 'running':
          if (boot.awaitsFiles === true) await deliver(deps, target);
          return { done: false, detail: boot.detail };
      }
    },
  });

/** What the port throws as Failure, such as a wrong host key, no waiting heals. */
const bootStatus = async ({ machines }: ClusterDeps, target: MachineTarget): Promise<BootStatus> => {
  try {
    return await machines.bootStatus(target);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, done, next } = error;
    throw new FatalProbeError(message, { done, cause: error, ...(next === undefined ? {} : { next }) });
  }
};

const deliver = async (deps: ClusterDeps, target: MachineTarget): Promise<void> => {
  const keys = deps.keyRing.current();
  if (keys === null) throw new Failure(`there are no keys to hand to ${target.name}`);
  const { name, privateIp } = target;
  const more: readonly DeliveredFile[] = (await deps.extraFiles?.(target)) ?? [];
  await deps.machines.deliver(
    target,
    await deliveredFiles(keys, { name, privateIp, datacenter: deps.environment }, deps, more),
  );
};
