import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { txtVisibleAt } from '../../src/acme/nameservers.ts';
import type { DnsChallenge } from '../../src/ports/dns-challenge.ts';

/** A name server of this process (RFC 1035): every A question is answered 127.0.0.1, TXT as told. */
export interface NameServer {
  readonly address: string;
  /** TXT values by name. */
  readonly texts: Map<string, string[]>;
  /** Names whose TXT was asked. */
  readonly asked: string[];
  end(): Promise<void>;
}

const typeA = 1;
const typeTxt = 16;

export const createNameServer = async (): Promise<NameServer> => {
  const texts = new Map<string, string[]>();
  const asked: string[] = [];
  const socket = createSocket('udp4');
  const answer = (question: Buffer): Buffer => {
    const { name, type, end } = readQuestion(question);
    if (type === typeTxt) asked.push(name);
    const data =
      type === typeA
        ? [Buffer.from([127, 0, 0, 1])]
        : type === typeTxt
          ? (texts.get(name) ?? []).map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]))
          : [];
    return answerOf(question.subarray(0, end), type, data);
  };
  socket.on('message', (question, from) => socket.send(answer(question), from.port, from.address));
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  const { port } = socket.address();
  // Over TCP each message has its length before it; the questions are short enough to come in one piece.
  const stream = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    connection.on('data', (data: Buffer) => {
      const reply = answer(data.subarray(2));
      connection.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
    });
  });
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject);
    stream.listen(port, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${port}`,
    texts,
    asked,
    end: async () => {
      await new Promise<void>((resolve) => {
        socket.close(() => resolve());
      });
      stream.close();
    },
  };
};

const readQuestion = (message: Buffer): { name: string; type: number; end: number } => {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  // Lower case: askers mix it, to make forged answers harder.
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
};

/** The question again, then the answers: each names the question's name, class IN, to be kept for no time. */
const answerOf = (question: Buffer, type: number, data: readonly Buffer[]): Buffer => {
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(0x8580, 2); // an answer, authoritative, recursion available
  head.writeUInt16BE(data.length, 6);
  head.writeUInt32BE(0, 8);
  const records = data.map((one) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt16BE(one.length, 10);
    return Buffer.concat([record, one]);
  });
  return Buffer.concat([head, question.subarray(12), ...records]);
};

/** The records of a zone that is served by this name server. */
export const challengesOf = (server: NameServer): DnsChallenge => ({
  present: async (name, value) => {
    server.texts.set(name, [...new Set([...(server.texts.get(name) ?? []), value])]);
  },
  visible: (name, value) => txtVisibleAt([server.address], name, value),
  remove: async (name, value) => {
    server.texts.set(
      name,
      (server.texts.get(name) ?? []).filter((one) => one !== value),
    );
  },
});
