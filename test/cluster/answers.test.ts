import { expect, test } from 'vitest';
import { jobAnswers } from '../../src/cluster/answers.ts';

const asked: Request[] = [];
const answering = async (reply: () => Response | Promise<Response>, path = '/api/health') => {
  const fetch = async (request: Request): Promise<Response> => {
    asked.push(request);
    return reply();
  };
  return jobAnswers({ fetch, privateIp: '10.0.1.11' }, { domain: 'shop.example', path, version: '2' });
};
const ok = (version?: string): Response =>
  new Response('{}', { headers: version === undefined ? {} : { 'x-app-version': version } });

test('the ingress is asked on port 80 of the private address, under the name of the domain', async () => {
  expect(await answering(() => ok('2'))).toEqual({ ok: true });
  const request = asked.at(-1);
  expect([request?.url, request?.headers.get('host')]).toEqual(['http://10.0.1.11/api/health', 'shop.example']);
});

test('another build still answering is waited for; an application that shows none is believed', async () => {
  expect(await answering(() => ok('1'))).toEqual({
    ok: false,
    reached: true,
    detail: 'http://shop.example/api/health still answers with version 1, not 2',
  });
  expect(await answering(() => ok())).toEqual({ ok: true });
});

test('a redirect to the same name over HTTPS is an answer, one to elsewhere is not', async () => {
  const to = (location: string) => () => new Response(null, { status: 308, headers: { location } });
  expect(await answering(to('https://shop.example/api/health'))).toEqual({ ok: true });
  expect(await answering(to('https://shop.example.evil/'))).toMatchObject({ ok: false, reached: true });
});

test('a refusal is told with its status and words, silence with its reason', async () => {
  expect(await answering(() => new Response('no service answers this path yet', { status: 503 }))).toEqual({
    ok: false,
    reached: true,
    detail: 'the ingress answers 503 for http://shop.example/api/health: no service answers this path yet',
  });
  expect(await answering(() => Promise.reject(new Error('ECONNREFUSED')))).toEqual({
    ok: false,
    reached: false,
    detail: 'the ingress does not answer for http://shop.example/api/health: ECONNREFUSED',
  });
});
