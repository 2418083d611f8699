import { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import type { Entry, ReadFiles } from '../ports/entry.ts';
import type { DeliveredFile, MachineTarget } from '../ports/machines.ts';
import { authorised, type GatewayAccess, gatewayUrl } from './gateway.ts';

/* What root can do on a simulated machine: `POST <origin>/_emulator/machines/<server>/root`. */
const answerSchema = z.object({ hostKey: z.string(), files: z.record(z.string(), z.string()) });
export interface RootRequest {
  readonly read?: readonly string[];
  readonly place?: { readonly path: string; readonly content: string };
  readonly admit?: string;
}

/** As whoever has this key. Throws Failure when it is not let in. */
export const asRoot = async (
  access: GatewayAccess,
  target: MachineTarget,
  publicKey: string | undefined,
  request: RootRequest,
): Promise<z.infer<typeof answerSchema>> => {
  const key = publicKey === undefined ? {} : { 'x-ssh-key': publicKey };
  const response = await access.fetch(
    new Request(`${gatewayUrl(access, target.name)}/root`, {
      method: 'POST',
      headers: { ...authorised(access), 'content-type': 'application/json', ...key },
      body: JSON.stringify(request),
    }),
  );
  const text = await response.text();
  if (response.ok) return answerSchema.parse(JSON.parse(text));
  throw new Failure(`${target.name}: ${text.slice(0, 300)}`);
};

export const filesOf = ({ files }: z.infer<typeof answerSchema>): ReadFiles =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [path, new Secret(text)]));

export const placed = ({ path, content }: DeliveredFile): RootRequest => ({
  place: { path, content: typeof content === 'string' ? content : content.reveal() },
});

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
