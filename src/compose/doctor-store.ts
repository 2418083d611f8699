import type { ProjectConfig } from '../config/project.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Check } from '../ports/state-access.ts';
import { probeStore, refuseSkew, refuseUnshareable } from '../statefile/probe.ts';
import { type Examined, tried } from './doctor.ts';

/** Whether runs on several machines may share it. */
export const checkStore = async (
  of: Examined,
  config: ProjectConfig,
  store: ObjectStore,
): Promise<readonly Check[]> => {
  if (!store.shared) {
    const detail = 'a directory of this machine: nobody else shares it';
    return [{ name: 'conditions', result: 'skipped', detail }];
  }
  const [conditions] = await tried('conditions', async () => {
    const verdict = await probeStore(store, of);
    if (config.state?.s3?.lease === 'hetzner')
      return ['the lease is an object of the Hetzner project', verdict] as const;
    refuseUnshareable(verdict);
    return [`it honours If-None-Match and If-Match; ETags ${verdict.etags}`, verdict] as const;
  });
  return [conditions, await checkVersions(of, config), await checkClock(store)];
};

const checkVersions = async (of: Examined, config: ProjectConfig): Promise<Check> => {
  const { versioning } = of;
  const name = 'versions';
  if (versioning === undefined) return { name, result: 'skipped', detail: 'not asked' };
  const [check] = await tried(name, async () => {
    const found = await versioning(config);
    const beside = 'the last 20 documents are kept beside each state';
    // No fault: state init leaves them off where the store would no longer keep its conditions.
    const off = `the bucket keeps none; ${beside}. Where the store can have both, this turns them on: reconcile state init`;
    const none = found === 'off' ? off : `this store keeps none; ${beside}`;
    return [found === 'on' ? 'the bucket keeps previous versions' : none, found] as const;
  });
  return check;
};

const checkClock = async (store: ObjectStore): Promise<Check> => {
  const [check] = await tried('clock', async () => {
    refuseSkew(store);
    const skewMs = store.skewMs?.();
    return [
      skewMs === undefined ? 'the store told no time' : `${(Math.abs(skewMs) / 1000).toFixed(1)} s from the store's`,
      true,
    ] as const;
  });
  return check;
};
