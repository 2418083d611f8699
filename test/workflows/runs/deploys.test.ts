import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ran } from '../local-runner.ts';
import { withEnvironment } from './infra.ts';
import { openStage, type WorkflowStage } from './stage.ts';

/* deploy-production, deploy-staging and drift-check: their own shell, against the emulated cloud and GitHub. */

const push = { name: 'push', payload: {} } as const;
/** `apply: success [Converge ✓, Verify ✗]`, less what every job begins with. */
const toldOf = (ran: Ran): string[] =>
  Object.entries(ran).map(([id, { result, steps }]) => {
    const own = steps.filter(({ name, outcome }) => outcome !== 'skipped' && !/^(actions\/|npm ci)/.test(name));
    const shown = own.map(({ name, outcome }) => `${name} ${outcome === 'success' ? '✓' : '✗'}`);
    return `${id}: ${result}${shown.length === 0 ? '' : ` [${shown.join(', ')}]`}`;
  });
const logOf = (ran: Ran, job: string, step: string): string =>
  ran[job]?.steps.find(({ name }) => name === step)?.log ?? '';

describe('staging', () => {
  let stage: WorkflowStage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  const fault = (method: 'POST' | 'DELETE', body?: object) =>
    stage.hetzner(method, '/_emulator/machines/aipacto-staging-1/fault', body);

  test('a push builds, pushes, converges with the digests and verifies; the summary and the address are there', async () => {
    const ran = await stage.run('deploy-staging.yml', push);
    expect(toldOf(ran)).toEqual([
      'images: success [Build both images ✓, Push them, and say what to run by digest ✓]',
      'apply: success [Converge ✓, Verify ✓]',
    ]);
    expect(logOf(ran, 'apply', 'Converge')).toContain('registry.example/acme/web@776562');
    expect(ran['apply']?.summary).toContain('### staging: converged');
    expect(ran['apply']?.url).toBe('https://staging.aipacto.com');
  });

  test('images that never become healthy are rolled back, and the run is red', async () => {
    Object.assign(stage.builds, { web: 'crashes', number: 2 });
    const ran = await stage.run('deploy-staging.yml', push);
    Object.assign(stage.builds, { web: 'web', number: 3 });
    expect(toldOf(ran)[1]).toBe('apply: failure [Converge ✗, Roll back what never became healthy ✓]');
    const back = logOf(ran, 'apply', 'Roll back what never became healthy').replaceAll(/\s+/g, ' ');
    expect(back).toContain('web goes back from registry.example/acme/crashes:a@');
    expect(back).not.toContain('server goes back');
  });

  test('what is healthy for a moment only is rolled back after the look', async () => {
    const before = async (name: string): Promise<void> => {
      if (name === 'Verify') await fault('POST', { kind: 'task-crashes', job: 'web' });
      if (name.startsWith('Roll back')) await fault('DELETE');
    };
    const ran = await stage.run('deploy-staging.yml', push, { before });
    expect(toldOf(ran)[1]).toBe('apply: failure [Converge ✓, Verify ✗, Roll back what is not healthy ✓]');
  });

  test('a converge that never began rolls nothing back', async () => {
    const { HCLOUD_TOKEN: _gone, ...rest } = stage.secrets['staging'] ?? {};
    const ran = await stage.run('deploy-staging.yml', push, { secrets: { staging: rest } });
    expect(logOf(ran, 'apply', 'Converge')).toContain('HCLOUD_TOKEN is not set');
    expect(ran['apply']?.result).toBe('failure');
    expect(
      ran['apply']?.steps.filter(({ name, outcome }) => name.includes('healthy') && outcome === 'success'),
    ).toEqual([]);
  });
});

test('port 22 closed to everybody: the runner lets itself in, and no door is left', async () => {
  const stage = await openStage();
  try {
    const office = { direction: 'in', protocol: 'tcp', port: '22', ips: ['198.51.100.7/32'], description: 'office' };
    stage.configure((infra) => ({ ...infra, defaults: { ...(infra['defaults'] as object), firewall: [office] } }));
    stage.vars['RUNNER_ACCESS'] = 'firewall';
    const ran = await stage.run('deploy-staging.yml', push);
    expect(toldOf(ran)[1]).toBe('apply: success [Converge ✓, Verify ✓]');
    expect(logOf(ran, 'apply', 'Converge')).toContain('gets in at port 22 of staging until this command ends');
    const { firewalls } = await stage.hetzner('GET', '/v1/firewalls');
    expect((firewalls as { name: string }[]).map(({ name }) => name)).toEqual(['aipacto-staging']);
    stage.vars['DRIFT_TARGETS'] = '["staging"]';
    const swept = await stage.run('sweep.yml', { name: 'schedule', payload: {} });
    expect(toldOf(swept)[1]).toBe('doors (staging): success [Close doors that nobody uses ✓]');
  } finally {
    await stage.close();
  }
});

describe('production', () => {
  let stage: WorkflowStage;
  beforeAll(async () => {
    stage = await openStage();
    stage.configure(withWorkers(1));
  });
  afterAll(() => stage.close());
  const openIssues = () => stage.github.state.issues.filter(({ state }) => state === 'open');

  test('a first deploy creates and asks nobody', async () => {
    const ran = await stage.run('deploy-production.yml', push);
    expect(toldOf(ran)).toEqual([
      'images: success [Build both images ✓, Push them, and say what to run by digest ✓]',
      'plan: success [Plan ✓]',
      'approve: skipped',
      'apply: success [Converge ✓, Verify ✓]',
    ]);
    expect(ran['plan']?.outputs).toEqual({ state: 'changes', approval: 'none' });
    expect(ran['plan']?.summary).toContain('Nothing is rebuilt, replaced or deleted.');
    expect(ran['apply']?.url).toBe('https://aipacto.com');
  });

  test('no drift: the check opens no issue', async () => {
    const ran = await stage.run('drift-check.yml', { name: 'schedule', payload: {} });
    expect(toldOf(ran)).toEqual(['check (production): success [Check ✓]']);
    expect(openIssues()).toEqual([]);
  });

  test('drift opens one issue with the plan; a second check makes no second one', async () => {
    await openAllPorts();
    for (const _ of [1, 2]) {
      const ran = await stage.run('drift-check.yml', { name: 'schedule', payload: {} });
      expect(toldOf(ran)).toEqual(['check (production): success [Check ✓]']);
    }
    expect(openIssues().map(({ title }) => title)).toEqual(['Drift: production is not as infra.yaml wants it']);
    expect(openIssues()[0]?.body).toContain('~ firewall/production (update)');
  });

  test('what deletes waits for a reviewer: whose no changes nothing', async () => {
    stage.configure(withWorkers(0));
    const ran = await stage.run('deploy-production.yml', push, { refuses: ['production-approval'] });
    expect(toldOf(ran).slice(1)).toEqual(['plan: success [Plan ✓]', 'approve: failure', 'apply: skipped']);
    expect(ran['plan']?.outputs['approval']).toBe('delete:server/production-worker-1');
    expect(ran['plan']?.summary).toContain('**Rebuilds, replaces or deletes 1**: somebody has to approve that.');
    expect(await servers()).toHaveLength(4);
  });

  test('and whose yes lets exactly that be done', async () => {
    const ran = await stage.run('deploy-production.yml', push);
    expect(toldOf(ran).slice(1)).toEqual([
      'plan: success [Plan ✓]',
      'approve: success [Say what was approved ✓]',
      'apply: success [Converge ✓, Verify ✓]',
    ]);
    expect(logOf(ran, 'apply', 'Verify')).toContain('aipacto-production-worker-1  its server is gone');
    expect(ran['approve']?.summary).toBe('Approved - delete:server/production-worker-1\n');
    expect(await servers()).toHaveLength(3);
  });

  test('where the world moved after the approval, what nobody approved is not done', async () => {
    stage.configure(withWorkers(1));
    await stage.run('deploy-production.yml', push);
    // After the plan's own tree was checked out, so that the next job finds another one.
    const before = async (name: string): Promise<void> => {
      if (name === 'Plan') stage.configure(withWorkers(0));
    };
    const ran = await stage.run('deploy-production.yml', push, { before });
    expect(toldOf(ran)).toEqual([
      'images: success [Build both images ✓, Push them, and say what to run by digest ✓]',
      'plan: success [Plan ✓]',
      'approve: skipped',
      'apply: failure [Converge ✗]',
    ]);
    expect(logOf(ran, 'apply', 'Converge')).toContain('error: not approved: delete server/production-worker-1');
    expect(await servers()).toHaveLength(4);
  });

  test('once nothing differs the issue is closed', async () => {
    stage.configure(withWorkers(1));
    const ran = await stage.run('drift-check.yml', { name: 'schedule', payload: {} });
    expect(toldOf(ran)).toEqual(['check (production): success [Check ✓]']);
    expect(openIssues()).toEqual([]);
  });

  const openAllPorts = async (): Promise<void> => {
    const rules = [{ direction: 'in', protocol: 'tcp', port: '1-65535', source_ips: ['0.0.0.0/0'] }];
    const [firewall] = (await stage.hetzner('GET', '/v1/firewalls'))['firewalls'] ?? [];
    await stage.hetzner('POST', `/v1/firewalls/${(firewall as { id: number } | undefined)?.id}/actions/set_rules`, {
      rules,
    });
  };
  const servers = async () => (await stage.hetzner('GET', '/v1/servers'))['servers'];
});

const withWorkers = (count: number) => withEnvironment('production', { workers: { count } });
