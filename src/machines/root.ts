import { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import type { ReadFiles } from '../ports/entry.ts';
import type { DeliveredFile, MachineTarget } from '../ports/machines.ts';
import { authorised, type GatewayAccess, gatewayUrl } from './access.ts';

/* What root can do on a simulated machine: `POST <origin>/_emulator/machines/<server>/root`. */
const answerSchema = z.object({ hostKey: z.string(), files: z.record(z.string(), z.string()) });
export interface RootRequest {
  readonly read?: readonly string[];
  readonly place?: { readonly path: string; readonly content: string };
  readonly remove?: string;
  /** A line for authorized_keys. */
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
