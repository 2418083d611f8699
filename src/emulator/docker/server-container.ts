import type { Server } from '../../hetzner/wire/servers.ts';
import type { ServerFacts } from '../world.ts';
import { type ArchiveFile, archiveOf } from './archive.ts';
import { insideFiles, type Surroundings } from './inside.ts';
import { machineFlags } from './probe.ts';
import type { WorldContext } from './types.ts';

export const diskLabel = 'emulated-disk';
/** Where every machine sees the content of all volumes of its world; `apply` mounts its own from there. */
const volumeStore = '/var/lib/emulated/volumes';
const seed = 'var/lib/cloud/seed/nocloud';

export interface Wanted {
  readonly server: Server;
  readonly facts: ServerFacts;
  readonly surroundings: Surroundings;
}

/** User data as cloud-init's datasource of Hetzner hands it on: base64 is taken off, compression is cloud-init's own. */
export const userDataBytes = (userData: string | null): Buffer => {
  const text = userData ?? '#cloud-config\n{}\n';
  const isBase64 = text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64') : Buffer.from(text);
};

/** A JSON string is a YAML string. A rebuilt server has a new disk, and cloud-init runs again. */
const metaData = ({ server, facts }: Wanted): string =>
  [
    `instance-id: ${JSON.stringify(`${server.id}-${facts.diskId}`)}`,
    `local-hostname: ${JSON.stringify(server.name)}`,
    `public-keys: ${JSON.stringify(facts.sshKeys)}`,
    '',
  ].join('\n');

/** What a machine finds on its disk before its first boot. */
export const firstFiles = (wanted: Wanted, context: WorldContext, dns: readonly string[]): ArchiveFile[] => {
  const { publicSide } = context;
  // Read by Debian's docker.service; the product's own daemon.json stays as it is.
  const options = `--registry-mirror=http://${publicSide.services}:5000 --insecure-registry=${publicSide.services}:5000`;
  return [
    { path: `${seed}/meta-data`, content: metaData(wanted), mode: 0o600 },
    { path: `${seed}/user-data`, content: userDataBytes(wanted.facts.userData), mode: 0o600 },
    { path: 'etc/default/docker', content: `DOCKER_OPTS="${options}"\n` },
    ...insideFiles(wanted.surroundings, publicSide, dns, 'etc/emulated/'),
  ];
};

const createArguments = ({ server, facts, surroundings }: Wanted, context: WorldContext): string[] => {
  const { names, flags, image } = context;
  const [first] = surroundings.places;
  const network =
    surroundings.publicIp !== null
      ? ['--network', names.publicNetwork, '--ip', surroundings.publicIp]
      : first !== undefined
        ? ['--network', first.wire, '--ip', first.engineAddress]
        : ['--network', 'none'];
  return [
    ...['create', '--name', names.server(server.id), '--hostname', server.name],
    ...names.labels('server', server.id, { [diskLabel]: String(facts.diskId) }),
    ...network,
    ...machineFlags(flags),
    ...['-v', `${names.prefix}-volumes:${volumeStore}`],
    image,
  ];
};

/** The container with its disk, not yet on all of its networks and not started. Answers its id. */
export const createContainer = async (
  wanted: Wanted,
  context: WorldContext,
  dns: readonly string[],
): Promise<string> => {
  const { engine, names, now } = context;
  // Labelled, so that it is found when the world ends; making one that is there changes nothing.
  await engine.run(['volume', 'create', ...names.labels('volumes', 'volumes'), `${names.prefix}-volumes`]);
  const id = (await engine.run(createArguments(wanted, context))).trim();
  await engine.run(['cp', '-', `${id}:/`], { input: archiveOf(firstFiles(wanted, context, dns), now()) });
  return id;
};
