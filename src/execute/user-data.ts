import type { CloudEffect } from '../domain/plan.ts';

/** Fills the marks of user data (domain/cluster-keys.ts) with this server's one-time values, kept before they are used. */
export type FillUserData = (serverName: string, userData: string, occasion: 'create' | 'rebuild') => Promise<string>;

/** What has to be done before a server, or its disk, goes: its device leaves the tailnet. */
export type ServerGoes = (serverName: string) => Promise<void>;

/** The effect as it is sent: a plan holds no secrets, not even those that are worthless after one use. */
export const filled = async (
  effect: CloudEffect,
  name: string,
  { fillUserData, serverGoes }: { readonly fillUserData: FillUserData; readonly serverGoes: ServerGoes },
): Promise<CloudEffect> => {
  if (effect.op === 'delete' && effect.kind === 'server') await serverGoes(effect.name);
  if (effect.op === 'create' && effect.resource.kind === 'server') {
    const { resource } = effect;
    const userData = await fillUserData(resource.name, resource.spec.userData, 'create');
    return { ...effect, resource: { ...resource, spec: { ...resource.spec, userData } } };
  }
  if (effect.op === 'change' && effect.change.op === 'rebuild') {
    await serverGoes(name);
    const userData = await fillUserData(name, effect.change.userData, 'rebuild');
    return { ...effect, change: { ...effect.change, userData } };
  }
  return effect;
};
