import { createEngine } from '../../src/emulator/docker/engine.ts';
import { openDockerWorld } from '../../src/emulator/docker/open.ts';
import type { Engine } from '../../src/emulator/docker/types.ts';

/*
 * Orders a network and a server in a world of containers, and is killed right after a certain docker call of theirs:
 * `killed-child.ts DIRECTORY "network connect"`.
 */
const [directory = '', call = ''] = process.argv.slice(2);
const docker = createEngine();
const deadly = (args: readonly string[]): void => {
  // Services are made of `create`, `cp` and `start` too.
  const isServers = !args.some((arg) => arg.includes('services'));
  if (isServers && args.slice(0, call.split(' ').length).join(' ') === call) process.kill(process.pid, 'SIGKILL');
};
const engine: Engine = {
  run: async (args, options) => {
    const text = await docker.run(args, options);
    deadly(args);
    return text;
  },
  attempt: async (args, options) => {
    const result = await docker.attempt(args, options);
    deadly(args);
    return result;
  },
};

const world = await openDockerWorld({ directory, env: process.env, engine, progress: () => undefined });
// biome-ignore lint/suspicious/noExplicitAny: only ids are read
const api = async (method: string, path: string, body?: unknown): Promise<any> => {
  const headers = { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const reply = await world.fetch(new Request(`${world.endpoint}${path}`, { method, headers, ...sent }));
  if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`);
  return reply.json();
};
const subnets = [{ type: 'cloud', ip_range: '10.0.1.0/24', network_zone: 'eu-central' }];
const { network } = await api('POST', '/networks', { name: 'private', ip_range: '10.0.0.0/16', subnets });
const { action } = await api('POST', '/servers', {
  name: 'killed',
  server_type: 'cx23',
  image: 'debian-12',
  location: 'nbg1',
  networks: [network.id],
  user_data: '#cloud-config\nruncmd:\n  - touch /root/finished\n',
});
for (const end = Date.now() + 30_000; Date.now() < end; ) await api('GET', `/actions/${action.id}`);
