import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createHetznerCloud } from '../../src/hetzner/cloud.ts';

const token = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'),
  minLength: 64,
  maxLength: 64,
});
/** A piece of the token, as an error text may echo it. */
const piece = fc.tuple(fc.nat(52), fc.integer({ min: 12, max: 64 }));

/** Everything a program might print of an error. */
const printed = (error: Error): string =>
  [
    error.message,
    error.stack,
    inspect(error, { depth: 20, showHidden: true }),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    String(error.cause),
  ].join('\n');

const leaked = (text: string, secret: string): string[] =>
  [...Array(secret.length - 11).keys()].map((at) => secret.slice(at, at + 12)).filter((run) => text.includes(run));

type Echo = (text: string) => Response;
const echoes: readonly Echo[] = [
  (text) =>
    Response.json(
      { error: { code: 'rate_limit', message: `limit reached for token ${text}`, details: null } },
      { status: 403 },
    ),
  (text) => Response.json({ error: { code: text, message: 'no', details: null } }, { status: 422 }),
  (text) =>
    Response.json(
      { error: { code: 'invalid_input', message: 'no', details: { fields: [{ name: text, messages: [text] }] } } },
      { status: 422 },
    ),
  (text) => new Response(`<html>${text}</html>`, { status: 502 }),
  (text) => new Response('{}', { status: 418, headers: { 'x-correlation-id': text } }),
  (text) => Response.json({ volumes: [{ id: text }], [text]: 1 }),
  (text) => {
    throw new TypeError('fetch failed', { cause: new Error(`connect failed with header Bearer ${text}`) });
  },
  (text) => {
    throw new Error(`Headers.append: "Bearer ${text}" is an invalid header value.`);
  },
];

test('property: no run of 12 characters of the token is in anything an error prints', async () => {
  await fc.assert(
    fc.asyncProperty(
      token,
      piece,
      fc.constantFrom(...echoes),
      fc.boolean(),
      async (secret, [from, length], echo, write) => {
        const cloud = createHetznerCloud({
          fetch: async (request) => {
            // The whole request travels in the closure of the failure, as it does with a real fetch.
            void request;
            return echo(secret.slice(from, from + length));
          },
          endpoint: 'https://api.hetzner.test/v1',
          token: new Secret(secret),
          clock: createVirtualClock(),
          random: { hex: () => '0', fraction: () => 0 },
        });
        const effect = { port: 'cloud', op: 'delete', kind: 'volume', id: '1', name: 'v' } as const;
        const asked: Promise<unknown> = write ? cloud.perform(effect, () => '') : cloud.list('volume');
        const outcome = await asked.catch((error: Error) => error);
        expect(leaked(outcome instanceof Error ? printed(outcome) : JSON.stringify(outcome), secret)).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});
