import { askInTurn, type Connection } from '../cluster/ask.ts';
import type { Environment } from '../domain/environment.ts';
import type { ObservedItem } from '../domain/observation.ts';
import { workerNumber } from '../domain/pool.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { PreviewOptions } from '../ports/session.ts';
import { connectWith } from './connect.ts';
import type { Context } from './context.ts';
import { openSession } from './open-session.ts';
import { reach } from './reach.ts';

type Server = ObservedItem<'server'>;

/** A question to the cluster that previews share, with its keys. Throws Failure where no server of it answers. */
export const askHost = async <T>(
  context: Context,
  host: Environment,
  { state, servers }: { readonly state: StateFile | null; readonly servers: readonly Server[] },
  question: (connection: Connection) => Promise<T>,
): Promise<T> => {
  const { keyRing, machines } = reach(context, host);
  await keyRing.load(state);
  const connect = connectWith(keyRing);
  const targets = servers
    .filter(({ name, facts }) => facts.status === 'running' && workerNumber(name) === undefined)
    .map(({ name, facts }) => ({ name, privateIp: facts.networks[0]?.ip ?? '', publicIp: facts.ipv4 }));
  try {
    return await askInTurn(targets, (target) => question(connect(target, machines)));
  } finally {
    await machines.close();
  }
};

/** Names of the namespaces that are previews of this project. */
export const previewsOn = async ({ project }: Environment, { scheduler }: Connection): Promise<readonly string[]> =>
  (await scheduler.namespaces()).filter(({ name, owner }) => owner === `${project}/${name}`).map(({ name }) => name);

export type HostAccess = Pick<PreviewOptions, 'allowRunner' | 'command' | 'signal'>;

/** Lets this machine in at port 22 of the host while it looks, where it was told to. */
export const letIn = async <T>(
  context: Context,
  host: Environment,
  { allowRunner, command, signal }: HostAccess,
  look: () => Promise<T>,
): Promise<T> => {
  if (allowRunner === null) return look();
  const session = await openSession(context, { type: host.type }, host);
  try {
    return await session.withAccess(allowRunner, { command, signal, lease: false }, look);
  } finally {
    await session.close();
  }
};
