import { newHostKeys } from '../cluster/keys/ssh-keys.ts';
import { type ClusterKeys, type HostKeys, userDataMarks } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import type { FillUserData } from '../execute/user-data.ts';
import type { KeyRing } from '../ports/key-ring.ts';

/**
 * Puts a server's one-time values into its user data; they are safe in the state before they are sent. A first host
 * key that no server has been seen with yet is used again: it may be on its way already (a lost reply).
 */
export const fillUserDataFrom =
  (keyRing: KeyRing): FillUserData =>
  async (server, userData, occasion) => {
    if (!Object.values(userDataMarks).some((mark) => userData.includes(mark))) return userData;
    const keys = await keyRing.update((before) => withFirst(before, server, occasion));
    const first = keys.hosts[server]?.first;
    if (first === undefined) throw new Failure(`${server} has no first host key`);
    return userData
      .replaceAll(userDataMarks.firstHostPrivateKey, () => JSON.stringify(first.privateKey.reveal()))
      .replaceAll(userDataMarks.firstHostPublicKey, () => JSON.stringify(first.publicKey))
      .replaceAll(userDataMarks.provisionerPublicKey, () => JSON.stringify(keys.ssh.publicKey));
  };

const withFirst = (keys: ClusterKeys, server: string, occasion: 'create' | 'rebuild'): ClusterKeys => {
  const host = keys.hosts[server];
  if (host?.first !== undefined && host.pinned === undefined) return keys;
  // Until the rebuild has landed, the old system still answers with its own key.
  const kept: HostKeys = occasion === 'rebuild' && host?.pinned !== undefined ? { pinned: host.pinned } : {};
  return { ...keys, hosts: { ...keys.hosts, [server]: { ...kept, ...newHostKeys(server) } } };
};
