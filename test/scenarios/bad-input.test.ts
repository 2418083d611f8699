import { describe, expect, test } from 'vitest';
import { fileFailure } from '../../src/local/files.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { createLab, type Lab, shippedConfig } from '../support/lab.ts';
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts';

/** How a command was refused: exit code, what happened, what next; lines joined again, so that wrapping is no matter. */
const refusal = async (lab: Lab, command: string) => {
  const { exitCode, stderr } = await lab.run(command);
  const text = stderr.slice(stderr.indexOf('error: ')).trimEnd();
  const told = text.split(/\n {2}(?=(?:done|next):)/).map((part) => part.replaceAll(/\n\s+/g, ' '));
  return { exitCode, told };
};

/** Nothing was written to the cloud, and the state is the same to the byte. */
const untouched = async <T>(lab: Lab & { store: MemoryStore }, work: () => Promise<T>): Promise<T> => {
  const before = lab.store.documents.get('production.json');
  lab.requests();
  const result = await work();
  expect(lab.requests().filter((request) => !request.startsWith('GET '))).toEqual([]);
  expect(lab.store.documents.get('production.json')).toBe(before);
  return result;
};

const labWith = (options: Parameters<typeof createLab>[0] = {}) => {
  const store = createMemoryStore();
  return Object.assign(createLab({ ...options, store }), { store });
};
const only = (types: string): string => shippedConfig.replace('types: [cx23, cpx22, cx33, cpx32]', `types: ${types}`);

describe('a state that can not be used', () => {
  const damages: readonly (readonly [string, (text: string) => string, string])[] = [
    ['cut off', (text) => text.slice(0, 500), 'is not JSON'],
    ['empty', () => '', 'is empty'],
    ['of another shape', () => '{"a":1}', 'is of the wrong shape'],
    [
      'of a newer version',
      (text) => text.replace('"schemaVersion": 4', '"schemaVersion": 99'),
      'has schema version 99',
    ],
    [
      'of another environment',
      (text) => text.replace('"environment": "production"', '"environment": "staging"'),
      'holds the state of staging',
    ],
    ['of another project', (text) => text.replace('"project": "aipacto"', '"project": "other"'), 'of project other'],
  ];

  test('is refused by every command that reads it, and left as it is', async () => {
    const lab = labWith();
    expect((await lab.run('production --yes')).exitCode).toBe(0);
    const good = lab.store.documents.get('production.json') ?? '';
    for (const [, damage, sentence] of damages) {
      lab.store.documents.set('production.json', damage(good));
      for (const command of ['plan production', 'production --yes', 'destroy production --yes', 'list']) {
        const { exitCode, told } = await untouched(lab, () => refusal(lab, command));
        expect({ command, exitCode, told: told.length }).toEqual({ command, exitCode: 1, told: 3 });
        expect(told[0]).toContain(sentence);
      }
    }
    lab.store.documents.set('production.json', good);
    expect((await lab.run('plan production')).exitCode).toBe(0);
  });
});

test('a full disk stops the run, says so, and the next run goes on from what was made', async () => {
  const inner = createMemoryStore();
  const disk = { full: false, saves: 0 };
  const write = (key: string): void => {
    if (key === 'production.json') disk.saves += 1;
    if (key !== 'production.json' || !disk.full || disk.saves < 4) return;
    throw fileFailure('write', key, Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  };
  const store: ObjectStore = {
    ...inner,
    putIfAbsent: async (key, text) => {
      write(key);
      return inner.putIfAbsent(key, text);
    },
    putIfMatch: async (key, text, etag) => {
      write(key);
      return inner.putIfMatch(key, text, etag);
    },
  };
  const lab = createLab({ store });
  disk.full = true;
  const stopped = await lab.run('production --yes');
  expect(stopped.exitCode).toBe(1);
  expect(stopped.stderr.replaceAll(/\s+/g, ' ')).toContain("can't write production.json: the disk is full (ENOSPC)");
  disk.full = false;
  expect((await lab.run('production --yes')).exitCode).toBe(0);
  expect((await lab.api('GET', '/servers')).servers).toHaveLength(3);
});

describe('server types that can not be had', () => {
  test('a retired one alone: when it went, what follows, and where it is written', async () => {
    const lab = labWith({ config: only('[cx22]') });
    expect(await untouched(lab, () => refusal(lab, 'production --yes'))).toEqual({
      exitCode: 4,
      told: [
        'error: 6 changes blocked: server/production-1, server/production-2, server/production-3: cx22 was retired on 2026-01-01; it is followed by cx23',
        'done: nothing was changed',
        'next: write for example types: [cx23, cx33, cpx12] at infra.yaml:28:12 (environments.production.servers.types)',
      ],
    });
  });

  test('a sold out ladder is refused; with stock on a later rung that rung is taken, visibly', async () => {
    const lab = labWith({ config: only('[cx23, cx33]') });
    const stock = (type: string, available: boolean): void => {
      for (const place of ['nbg1', 'fsn1', 'hel1']) lab.emulator.world.state.stock[`${type}@${place}`] = available;
    };
    stock('cx23', false);
    stock('cx33', false);
    const { exitCode, told } = await untouched(lab, () => refusal(lab, 'production --yes'));
    expect(exitCode).toBe(4);
    expect(told[0]).toContain('sold out in nbg1, fsn1, hel1');
    stock('cx33', true);
    const planned = await lab.run('plan production');
    expect(planned.stdout).toContain('because cx23 is sold out in nbg1, fsn1, hel1; cx33 is the next rung');
    // What all have in common stands in the heading, what only some have below them.
    expect(planned.stdout).toContain('Create (14): it does not exist yet\n');
    expect(planned.stdout).not.toContain('existence:');
  });
});

describe('a saved plan', () => {
  const saved = async () => {
    const lab = labWith();
    expect((await lab.run('plan production --out plan.json')).exitCode).toBe(2);
    return lab;
  };
  const stale = (what: string) => ({
    exitCode: 1,
    told: [
      `error: the plan does not fit any more: ${what}`,
      'done: nothing was changed',
      'next: make a new plan: reconcile plan production',
    ],
  });

  test('is carried out once; then the state has moved', async () => {
    const lab = await saved();
    expect((await lab.run('apply plan.json --yes')).exitCode).toBe(0);
    const again = await untouched(lab, () => refusal(lab, 'apply plan.json --yes'));
    expect(again.exitCode).toBe(1);
    expect(again.told[0]).toMatch(/the state moved from serial 0 to \d+, something in the cloud changed$/);
  });

  test('is refused when the configuration, or something in the cloud, changed', async () => {
    const lab = await saved();
    lab.config = shippedConfig.replace('port: "22"', 'port: "2222"');
    expect(await untouched(lab, () => refusal(lab, 'apply plan.json --yes'))).toEqual(
      stale('infra.yaml or a template changed'),
    );
    lab.config = shippedConfig;
    await lab.api('POST', '/firewalls', { name: 'aipacto-production', rules: [] });
    expect(await untouched(lab, () => refusal(lab, 'apply plan.json --yes'))).toEqual(
      stale('something in the cloud changed'),
    );
  });

  test.each<readonly [string, (text: string) => string, string]>([
    ['cut off', (text) => text.slice(0, 3_000), 'plan.json is no saved plan: '],
    ['something else', () => '{}', 'plan.json is no saved plan: formatVersion'],
    [
      'of a newer format',
      (text) => text.replace('"formatVersion": 1', '"formatVersion": 2'),
      'plan.json is a plan of format 2; this version reads format 1',
    ],
    [
      'edited',
      (text) => text.replace('"create": 14', '"create": 13'),
      'plan.json was changed after it was saved: its summary counts 13 create, its changes 14',
    ],
  ])('that is %s is refused', async (_, damage, sentence) => {
    const lab = await saved();
    lab.files.set('plan.json', damage(lab.files.get('plan.json') ?? ''));
    const { exitCode, told } = await untouched(lab, () => refusal(lab, 'apply plan.json --yes'));
    expect(exitCode).toBe(1);
    expect(told[0]).toContain(sentence);
    expect(told[1]).toBe('next: make a new plan: reconcile plan <target> --out plan.json');
  });
});

describe('guards', () => {
  test('the cap of pull request environments: who holds the places', async () => {
    const lab = labWith({ env: { MAX_PR_ENVIRONMENTS: '1' } });
    expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
    const { exitCode, told } = await untouched(lab, () => refusal(lab, 'pr 8 --yes'));
    expect(exitCode).toBe(4);
    expect(told[0]).toContain('taken: pr-7');
    expect(told[2]).toContain('next: reconcile destroy pr 7, or raise max');
    expect((await lab.run('destroy pr 7 --yes')).exitCode).toBe(0);
    expect((await lab.run('pr 8 --yes')).exitCode).toBe(0);
  });

  test('a protected environment is not destroyed', async () => {
    const lab = labWith();
    expect((await lab.run('production --yes')).exitCode).toBe(0);
    lab.config = shippedConfig.replace('protected: false', 'protected: true');
    const { exitCode, told } = await untouched(lab, () => refusal(lab, 'destroy production --yes'));
    expect(exitCode).toBe(4);
    expect(told[0]).toContain('production is protected: nothing in it is destroyed or replaced');
    expect(told[2]).toContain('next: write protected: false at infra.yaml:53:16');
  });

  test('a foreign firewall of a wanted name blocks; the command that is told hands it over', async () => {
    const lab = labWith();
    await lab.api('POST', '/firewalls', { name: 'aipacto-production', rules: [] });
    const { exitCode, told } = await untouched(lab, () => refusal(lab, 'production --yes'));
    expect(exitCode).toBe(4);
    expect(told[0]).toBe(
      'error: 7 changes blocked: firewall/production: a firewall of this name exists (id 5000001) without our labels',
    );
    const command = /^next: reconcile (.*)$/.exec(told[2] ?? '')?.[1] ?? '';
    expect(command).toBe('production --adopt firewall/production');
    expect((await lab.run(`${command} --yes`)).exitCode).toBe(0);
    expect((await lab.run('plan production')).exitCode).toBe(0);
  });

  test('without a terminal and without --yes nothing is done', async () => {
    const lab = labWith();
    expect(await untouched(lab, () => refusal(lab, 'production'))).toEqual({
      exitCode: 64,
      told: [
        'error: there is no terminal to ask on and no --yes',
        'done: nothing was changed',
        'next: reconcile production --yes',
      ],
    });
  });

  test('of two runs at once one works, the other is told who holds the lease', async () => {
    const store = createMemoryStore();
    const second: { ran?: Awaited<ReturnType<typeof refusal>> } = {};
    const first = createLab({
      store,
      wrap: (fetch) => async (request) => {
        if (request.method === 'POST' && second.ran === undefined) {
          second.ran = { exitCode: -1, told: [] };
          second.ran = await refusal(createLab({ store, over: first.emulator, seed: 8 }), 'production --yes');
        }
        return fetch(request);
      },
    });
    expect((await first.run('production --yes')).exitCode).toBe(0);
    expect(second.ran?.exitCode).toBe(3);
    expect(second.ran?.told[0]).toContain('reconcile production');
    expect((await first.api('GET', '/servers')).servers).toHaveLength(3);
  });
});

test('under --json every end is one document, errors too', async () => {
  const lab = labWith();
  const ends: readonly (readonly [string, number])[] = [
    ['plan production', 2],
    ['production', 64],
    ['production --yes', 0],
    ['check production', 0],
    ['check --all', 0],
    ['list', 0],
    ['status production', 0],
    ['outputs production', 0],
    ['state show production', 0],
    ['cost', 0],
    ['cost production', 0],
    ['destroy pr 9', 0],
    ['frobnicate', 64],
    ['plan', 64],
    ['apply nothing.json', 1],
    ['plan production --only server/production-9', 64],
  ];
  for (const [command, exitCode] of ends) {
    const { document, ...ended } = await lab.json(command);
    expect({ command, exitCode: ended.exitCode }).toEqual({ command, exitCode });
    if (exitCode === 1 || exitCode === 64) expect(document.error).toMatchObject({ exitCode, next: expect.any(String) });
  }
});

test('a wrong environment variable is named as one, without a line that it does not have', async () => {
  const { exitCode, stderr } = await labWith({ env: { MAX_PR_ENVIRONMENTS: 'many' } }).run('plan pr 7');
  expect(exitCode).toBe(1);
  expect(stderr.split('\n').map((line) => line.trim())).toEqual([
    'error: 1 problem in the configuration',
    '',
    'environment variable MAX_PR_ENVIRONMENTS',
    'no number of pull request environments',
    'found: "many"',
    'allowed: 1 to 500',
    'next: set or unset it and run the same command again',
    '',
  ]);
});

test('a token that may only read plans as ever, and a converge changes nothing that is remembered but what it tried', async () => {
  const readOnly = 'r'.repeat(64);
  const lab = createLab();
  await lab.run('pr 7 --yes');
  const remembered = async () => JSON.parse((await lab.store.get('pr-7.json'))?.text ?? '');
  const before = await remembered();
  const { servers } = await lab.api('GET', '/servers');
  await lab.api('PUT', `/servers/${servers[0].id}`, { labels: {} });
  lab.emulator.world.state.tokens.push({ token: readOnly, write: false });
  const reader = createLab({ over: lab.emulator, store: lab.store, token: readOnly });
  expect((await reader.run('plan pr 7')).exitCode).toBe(2);
  const ran = await reader.run('pr 7 --yes');
  expect(ran.exitCode).toBe(1);
  expect(ran.stderr).toContain('token_readonly');
  const after = await remembered();
  expect(after.resources).toEqual(before.resources);
  expect(after.keys).toEqual(before.keys);
  expect(after.history[0].outcome).toMatch(/^failed: /);
});
