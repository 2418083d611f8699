import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, start, until } from './processes.ts';

/*
 * A headless Chromium, driven over its DevTools protocol. It trusts an authority of ours through its user's certificate
 * database, because with errors ignored it would not take note of HSTS (RFC 6797 §8.1).
 */
const chromium = binary('chromium', 'CHROMIUM_BIN', '--version');
const certutil = spawnSync('certutil', ['-H'], { stdio: 'ignore' }).error === undefined;
const absent = [
  ...(chromium === undefined ? ['no chromium'] : []),
  ...(certutil ? [] : ['no certutil']),
  ...(typeof WebSocket === 'undefined' ? ['no WebSocket in this Node'] : []),
];
export const noChromium = absent.length === 0 ? '' : ` (skipped: ${absent.join(', ')})`;

export interface Visit {
  /** Where the visit ended. */
  readonly url: string;
  readonly text: string;
}

export interface Browser {
  visit(url: string): Promise<Visit>;
  end(): Promise<void>;
}

/** `hosts`: `aipacto.com:443` to `127.0.0.1:8443`. */
export const createBrowser = async (ca: string, hosts: Readonly<Record<string, string>>): Promise<Browser> => {
  const home = mkdtempSync(join(tmpdir(), 'chromium-'));
  const database = `sql:${join(home, '.pki/nssdb')}`;
  mkdirSync(join(home, '.pki/nssdb'), { recursive: true });
  writeFileSync(join(home, 'ca.pem'), ca);
  for (const args of [
    ['-N', '--empty-password'],
    ['-A', '-t', 'C,,', '-n', 'ca', '-i', join(home, 'ca.pem')],
  ]) {
    const { status, stderr } = spawnSync('certutil', ['-d', database, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`certutil: ${stderr}`);
  }
  const rules = Object.entries(hosts).map(([from, to]) => `MAP ${from} ${to}`);
  const process = start(
    chromium ?? 'chromium',
    [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
      ...['--disable-background-networking', '--remote-debugging-port=0', `--user-data-dir=${join(home, 'profile')}`],
      `--host-resolver-rules=${[...rules, 'MAP * ~NOTFOUND'].join(', ')}`,
      'about:blank',
    ],
    join(home, 'chromium.log'),
    { HOME: home },
  );
  const end = async (): Promise<void> => {
    await process.end();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const address = await until('Chromium', () => /DevTools listening on (ws:\S+)/.exec(process.log())?.[1], 30);
    const { port } = new URL(address);
    const pages = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const page = pages.find(({ type }) => type === 'page');
    if (page === undefined) throw new Error('Chromium has no page');
    const ask = await connect(page.webSocketDebuggerUrl);
    return { visit: (url) => visit(ask, url), end };
  } catch (error) {
    await end();
    throw error;
  }
};

type Ask = (method: string, params?: object) => Promise<Record<string, unknown>>;

const connect = async (address: string): Promise<Ask> => {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error('no connection to Chromium')), { once: true });
  });
  const waiting = new Map<number, (result: Record<string, unknown>) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result = {} } = JSON.parse(String(data)) as { id?: number; result?: Record<string, unknown> };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  let last = 0;
  return (method, params = {}) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
};

const visit = async (ask: Ask, url: string): Promise<Visit> => {
  const { errorText } = await ask('Page.navigate', { url });
  if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
  const expression = 'JSON.stringify([document.readyState, location.href, document.body?.innerText ?? ""])';
  return until(`${url} loaded`, async () => {
    const { result } = await ask('Runtime.evaluate', { expression });
    const [state, at = '', text = ''] = JSON.parse((result as { value: string }).value) as string[];
    return state === 'complete' && at !== 'about:blank' && { url: at, text };
  });
};
