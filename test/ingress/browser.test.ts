import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { environmentOf } from '../desired/inputs.ts';
import { createApp } from './app.ts';
import { createBrowser, noChromium } from './chromium.ts';
import { createNode } from './node.ts';
import { lacking, until } from './processes.ts';

const missing = `${lacking(['caddy', 'python3'])}${noChromium}`;

describe.skipIf(missing !== '')(`in a browser${missing}`, () => {
  test('after production over HTTPS, which is remembered, a preview below it still loads over plain HTTP', async () => {
    const production = environmentOf({ type: 'production' });
    const preview = environmentOf({ type: 'pr', pullRequest: 7 });
    // Caddy's own authority stands for Hetzner's certificate: what the browser gets of us is the same.
    const secure = await createNode({ ...production, ingress: 'dns', tls: 'internal' });
    const plain = await createNode(preview);
    const [web, pr] = [await createApp('production'), await createApp('preview')];
    // Even an application that asks for more than it should.
    web.headers = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' };
    const opened: { end(): Promise<void> }[] = [secure, plain, web, pr];
    try {
      await secure.startCaddy();
      await plain.startCaddy();
      secure.routeAll(web.port);
      plain.routeAll(pr.port);
      const root = join(secure.folder, 'caddy/pki/authorities/local/root.crt');
      const ca = await until("Caddy's own authority", () => existsSync(root) && readFileSync(root, 'utf8'));
      const browser = await createBrowser(ca, {
        [`${production.domain}:443`]: `127.0.0.1:${secure.ports.https}`,
        [`${preview.domain}:80`]: `127.0.0.1:${plain.ports.http}`,
      });
      opened.push(browser);
      expect((await browser.visit(`https://${production.domain}/`)).text).toContain('"app":"production"');
      // Nothing listens on port 80 of the domain for this browser: only HSTS takes it to HTTPS.
      expect((await browser.visit(`http://${production.domain}/again`)).url).toBe(`https://${production.domain}/again`);
      const visit = await browser.visit(`http://${preview.domain}/`);
      expect(visit.url).toBe(`http://${preview.domain}/`);
      expect(visit.text).toContain('"app":"preview"');
    } finally {
      await Promise.all(opened.map((one) => one.end()));
    }
  }, 90_000);
});
