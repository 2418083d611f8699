import type { Address } from '../../src/domain/address.ts';
import { Failure, HetznerActionError } from '../../src/domain/errors.ts';
import type { AnyObservedItem } from '../../src/domain/observation.ts';
import type { AnyCloudResource, CloudChange, CloudEffect, Placement } from '../../src/domain/plan.ts';
import type { Reference, Resource, SpecByKind, WantedCloudKind } from '../../src/domain/resource.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import { createHetznerCloud } from '../../src/hetzner/cloud.ts';
import type { Accepted } from '../../src/ports/cloud-api.ts';

/** The adapter on an emulated cloud that checks its own replies, and a small executor: one effect, then its actions. */
export const emulatedCloud = (options: EmulatorOptions = {}) => {
  const emulator = createEmulator({ checkResponses: true, ...options });
  const { clock } = emulator;
  const cloud = createHetznerCloud({
    fetch: emulator.fetch,
    endpoint: 'http://emulated/v1',
    token: new Secret(emulator.token),
    clock,
    random: { hex: () => '0', fraction: () => 0 },
  });
  const made = new Map<Address, { readonly id: string; readonly outputs: Readonly<Record<string, string>> }>();
  const resolve = ({ ref, attribute }: Reference): string => {
    const thing = made.get(ref);
    const value = attribute === 'id' ? thing?.id : thing?.outputs[attribute];
    if (value === undefined) throw new Failure(`${ref} has no ${attribute} yet`);
    return value;
  };
  const run = async (effect: CloudEffect) => {
    const accepted = await cloud.perform(effect, resolve);
    for (let tries = 0; tries < 600; tries += 1) {
      const actions = await cloud.actions(accepted.actionIds);
      const failed = actions.find(({ status }) => status === 'error');
      if (failed !== undefined) throw new HetznerActionError(failed.error?.message ?? '', failed.error?.code ?? '');
      if (actions.every(({ status }) => status === 'success')) return accepted;
      await clock.sleep(1_000);
    }
    throw new Error('the actions did not end within ten minutes');
  };
  const remember = (address: Address, { id = '', outputs }: Accepted) => made.set(address, { id, outputs });
  return {
    emulator,
    cloud,
    run,
    remember,
    create: async <K extends WantedCloudKind>(kind: K, name: string, spec: SpecByKind[K], placement?: Placement) => {
      const address: Address = `${kind}/${name}`;
      const resource = { kind, address, name, labels, spec, dependsOn: [], fingerprint: '', scope: 'environment' };
      const accepted = await run({
        port: 'cloud',
        op: 'create',
        resource: resource as unknown as Resource<K> as AnyCloudResource,
        ...(placement === undefined ? {} : { placement }),
      });
      remember(address, accepted);
      return accepted;
    },
    change: (kind: AnyObservedItem['kind'], address: Address, change: CloudChange) =>
      run({ port: 'cloud', op: 'change', kind, id: made.get(address)?.id ?? null, change }),
    remove: (kind: AnyObservedItem['kind'], id: string) => run({ port: 'cloud', op: 'delete', kind, id, name: '' }),
  };
};
export const labels = { project: 'aipacto', environment: 'production' };
export const ref = (address: Address, attribute: Reference['attribute'] = 'id'): Reference => ({
  ref: address,
  attribute,
});
