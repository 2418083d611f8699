import { expect, test } from 'vitest';
import { createLab } from '../support/lab.ts';

test('on a cloud whose machines nobody can reach, a converge is refused before anything is ordered; a plan is not', async () => {
  const lab = createLab({ emulated: false, wrap: (fetch) => (request) => fetch(withoutGateway(request)) });
  expect((await lab.run('plan production')).exitCode).toBe(2);
  const ran = await lab.run('production --yes');
  expect(ran.exitCode).toBe(4);
  expect(ran.stderr).toContain('this version reaches machines on the emulated cloud only');
  expect(ran.stderr).toContain('nothing was changed');
  expect(lab.requests().filter((request) => !request.startsWith('GET '))).toEqual([]);
  expect(await lab.store.list()).toEqual([]);
});

/** Hetzner knows no `/_emulator`: the probe for it must find nothing. */
const withoutGateway = (request: Request): Request =>
  request.url.includes('/_emulator') ? new Request(request.url.replace('/_emulator', '/v1/nothing'), request) : request;
