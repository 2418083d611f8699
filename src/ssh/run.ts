import type { ClientChannel } from 'ssh2';
import type { Clock } from '../ports/clock.ts';
import { type Connection, openChannel } from './connect.ts';
import { within } from './deadline.ts';
import { UnreachableError } from './errors.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly clock: Clock;
  readonly ms: number;
  /** For the message when time is up: `the delivery`. */
  readonly what: string;
}

/** More than any of our scripts says; a server that says more is ill. */
const outputBytesMax = 1024 * 1024;

/**
 * A shell program that runs only when all of it arrived: a connection that breaks in the middle leaves an unfinished
 * function, which is never called.
 */
export const program = (body: string): string =>
  [
    'main() {',
    'set -eu',
    'export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    body,
    '}',
    'main </dev/null',
    '',
  ].join('\n');

/**
 * Runs a program given on standard input, so that nothing of it stands in the server's process list. Resolves when the
 * channel has closed, with the exit status. Throws UnreachableError when the connection breaks or time is up; the
 * connection is given up then.
 */
export const run = (connection: Connection, script: string, options: RunOptions): Promise<Ran> =>
  execute(connection, 'sh -s', script, options);

/** One command line: for what holds no secret. */
export const command = (connection: Connection, line: string, options: RunOptions): Promise<Ran> =>
  execute(connection, line, '', options);

const execute = (connection: Connection, line: string, input: string, options: RunOptions): Promise<Ran> => {
  const { server } = connection;
  const seconds = Math.round(options.ms / 1000);
  const work = async (): Promise<Ran> => {
    const channel = await openChannel(
      connection,
      (client, done) => client.exec(line, done),
      (error) => new UnreachableError(server, `no channel for ${options.what}: ${error.message}`, error),
    );
    const collected = collect(channel);
    channel.end(input);
    const ran = await collected;
    if (ran === undefined) throw new UnreachableError(server, `the connection broke during ${options.what}`);
    return ran;
  };
  return within(work(), {
    clock: options.clock,
    ms: options.ms,
    late: () => {
      connection.end();
      return new UnreachableError(server, `${options.what} did not end within ${seconds} s`);
    },
  });
};

/** Both streams drained, then the status; undefined when the channel closed without one. */
const collect = (channel: ClientChannel): Promise<Ran | undefined> =>
  new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let bytes = 0;
    const keep = (parts: Buffer[]) => (part: Buffer) => {
      bytes += part.length;
      if (bytes <= outputBytesMax) parts.push(part);
    };
    channel.on('data', keep(out));
    channel.stderr.on('data', keep(err));
    channel.on('error', reject);
    // 'exit' comes before the last output may have arrived; 'close' is the end.
    channel.on('close', (status: number | null | undefined) => {
      if (status === undefined) resolve(undefined);
      else if (bytes > outputBytesMax) reject(new Error(`the server said more than ${outputBytesMax} bytes`));
      else
        resolve({
          status: status ?? -1,
          stdout: Buffer.concat(out).toString('utf8'),
          stderr: Buffer.concat(err).toString('utf8'),
        });
    });
  });
