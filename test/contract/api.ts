import type { EmulatorOptions } from '../../src/emulator/emulator.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes; a wrong path fails the expectation
type Body = any;

import { createProject, type Project, serverBody } from './project.ts';

/** The kit's project with one more way of asking: a whole exchange as one line of text. */
export interface Api extends Pick<Project, 'emulator' | 'ask' | 'ok' | 'settled'> {
  /** `201`, or `422 resource_in_use: firewall with ID 1 is still in use`. */
  say(line: string, body?: unknown): Promise<string>;
  /** Time goes by; what is due lands. */
  pass(seconds: number): Promise<void>;
  /** The success's body, once everything it started has landed. */
  done(line: string, body?: unknown): Promise<Body>;
  /** A server as it stands after its creation: off, unless `start_after_create`. */
  server(name: string, more?: Record<string, unknown>): Promise<Body>;
}

export const createApi = (options: EmulatorOptions = {}): Api => {
  const project = createProject(options);
  const { emulator, ask, ok, settled, wait } = project;
  const done: Api['done'] = async (line, body) => {
    const said = await ok(line, body);
    await settled();
    return said;
  };
  return {
    ...{ emulator, ask, ok, settled, done },
    say: async (line, body) => {
      const { status, body: said } = await ask(line, body);
      return status < 300 ? String(status) : `${status} ${said.error.code}: ${said.error.message}`;
    },
    pass: async (seconds) => {
      await wait(seconds * 1000);
      emulator.settle();
    },
    server: async (name, more = {}) => {
      const { server } = await done('POST /servers', serverBody(name, { start_after_create: false, ...more }));
      return (await ok(`GET /servers/${server.id}`)).server;
    },
  };
};
