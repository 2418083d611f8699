import { createInterface } from 'node:readline';
import type { Io, Stream } from './io.ts';

/** The real process as an Io. */
export const processIo = (from: NodeJS.Process): Io => ({
  stdout: streamOf(from.stdout),
  stderr: streamOf(from.stderr),
  stdin: { isTTY: from.stdin.isTTY === true },
  confirm: (question) => confirmOn(from, question),
  readSecret: (question) => (from.stdin.isTTY ? typedSecret(from, question) : wholeInput(from)),
  onInterrupt(listener) {
    const signals = ['SIGINT', 'SIGTERM'] as const;
    const listeners = signals.map((signal) => [signal, () => listener(signal)] as const);
    for (const [signal, heard] of listeners) from.on(signal, heard);
    return () => {
      for (const [signal, heard] of listeners) from.off(signal, heard);
    };
  },
  exit: (code) => from.exit(code),
});

const streamOf = (stream: NodeJS.WriteStream): Stream => {
  // A reader that has seen enough (`reconcile list | head`) is no failure of ours.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    write: (text) => {
      stream.write(text);
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
  };
};

/** Not readline's terminal mode: that would take Ctrl-C away from the process. The end of the input means no. */
const confirmOn = (from: NodeJS.Process, question: string): Promise<boolean> =>
  new Promise((resolve) => {
    from.stderr.write(question);
    const lines = createInterface({ input: from.stdin, terminal: false });
    let answer: string | undefined;
    lines.once('line', (line) => {
      answer = line;
      lines.close();
    });
    lines.once('close', () => {
      from.stdin.pause();
      if (answer === undefined) from.stderr.write('\n');
      resolve(/^\s*y(?:es)?\s*$/i.test(answer ?? ''));
    });
  });

const wholeInput = async ({ stdin }: NodeJS.Process): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
};

/** Raw, so that the terminal echoes nothing; Ctrl-C is then a character like any other and is given back as a signal. */
const typedSecret = (from: NodeJS.Process, question: string): Promise<string> =>
  new Promise((resolve) => {
    const { stdin, stderr } = from;
    let typed = '';
    const end = (value: string): void => {
      stdin.off('data', heard);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      resolve(value);
    };
    const heard = (text: string): void => {
      for (const character of text) {
        if (character === '\r' || character === '\n' || character === '\u0004') {
          end(typed);
          return;
        }
        if (character === '\u0003') {
          end('');
          from.kill(from.pid, 'SIGINT');
          return;
        }
        typed = character === '\u007f' || character === '\b' ? typed.slice(0, -1) : typed + character;
      }
    };
    stderr.write(question);
    stdin.setEncoding('utf8');
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on('data', heard);
  });

/** Ends the process once everything written has left it, whatever is still open (a request nobody waits for). */
export const exitWhenWritten = async (from: NodeJS.Process, code: number): Promise<void> => {
  await Promise.all(
    [from.stdout, from.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
  );
  from.exit(code);
};
