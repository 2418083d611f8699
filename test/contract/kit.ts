import type { EmulatorOptions } from '../../src/emulator/emulator.ts';
import type { Server } from '../../src/hetzner/wire/servers.ts';
import { createProject, type Project, serverBody } from './project.ts';

/** A project in few words: for tests that are mostly pictures of replies. */
export interface Api extends Project {
  /** `ok`, then everything it started has ended. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  done(request: string, body?: unknown): Promise<any>;
  /** What was answered in one line: `201`, or `409 uniqueness_error: name is already used`. */
  say(request: string, body?: unknown): Promise<string>;
  /** Lets seconds go by at once. */
  pass(seconds: number): void;
  /** A server that is there, off unless asked otherwise. */
  server(name: string, more?: Record<string, unknown>): Promise<Server>;
}
export const createApi = (options: EmulatorOptions = {}): Api => {
  const project = createProject(options);
  const { clock } = project.emulator;
  const pass = (seconds: number): void => {
    clock.advance?.(seconds * 1_000);
    project.emulator.settle();
  };
  const done: Api['done'] = async (request, body) => {
    const answer = await project.ok(request, body);
    pass(120);
    return answer;
  };
  return {
    ...project,
    pass,
    done,
    say: async (request, body) => {
      const { status, body: answer } = await project.ask(request, body);
      return status < 400 ? String(status) : `${status} ${answer.error.code}: ${answer.error.message}`;
    },
    server: async (name, more = {}) => {
      const { server } = await done('POST /servers', serverBody(name, { start_after_create: false, ...more }));
      return (await project.ok(`GET /servers/${server.id}`)).server;
    },
  };
};
