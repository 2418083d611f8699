import { Failure } from '../domain/errors.ts';
import type { Entry } from '../ports/entry.ts';
import type { MachineTarget } from '../ports/machines.ts';
import type { GatewayAccess } from './access.ts';
import { asRoot, filesOf, type RootRequest } from './root.ts';

/** The first of the keys that a machine takes is used on all. */
export const createGatewayEntry = (
  access: GatewayAccess,
  keys: readonly { readonly name: string; readonly publicKey: string }[],
): Entry => {
  let opened: (typeof keys)[number] | undefined;
  const ask = async (target: MachineTarget, expected: string | null, request: RootRequest) => {
    let refused: unknown;
    for (const key of opened === undefined ? keys : [opened]) {
      try {
        const answer = await asRoot(access, target, key.publicKey, request);
        opened ??= key;
        if (expected !== null && answer.hostKey !== expected)
          throw new Failure(`${target.name} shows another SSH host key than when the plan was made`);
        return answer;
      } catch (error) {
        refused = error;
      }
    }
    throw refused;
  };
  return {
    as: () => opened?.name ?? keys.map(({ name }) => name).join(' or '),
    look: async (target) => {
      const { hostKey } = await ask(target, null, {});
      return { hostKey, fingerprint: `simulated ${hostKey.slice(-12)}`, peers: {} };
    },
    readFiles: async (target, hostKey, read) => filesOf(await ask(target, hostKey, { read })),
    admit: async (target, hostKey, admit) => void (await ask(target, hostKey, { admit })),
    close: async () => undefined,
  };
};
