import { beforeAll, describe, expect, test } from 'vitest';
import { createLab, type Document, type Lab, type Ran } from '../support/lab.ts';

const writes = (requests: readonly string[]): string[] => requests.filter((request) => !request.startsWith('GET '));

/** Objects of the project by kind, as anybody with the token sees them. */
const census = async (lab: Lab): Promise<Record<string, string[]>> => {
  const kinds = [
    'servers',
    'networks',
    'firewalls',
    'placement_groups',
    'load_balancers',
    'certificates',
    'primary_ips',
    'zones',
  ];
  const entries = await Promise.all(
    kinds.map(
      async (kind) => [kind, (await lab.api('GET', `/${kind}`))[kind].map((row: Document) => row.name)] as const,
    ),
  );
  return Object.fromEntries(entries);
};

describe('production, from nothing to nothing', () => {
  const lab = createLab();
  let first: Ran;
  beforeAll(async () => {
    first = await lab.run('production --yes');
  });

  test('one command makes it, and ends well with its addresses', async () => {
    expect(first.stderr).not.toContain('failed');
    expect(first.exitCode).toBe(0);
    for (const name of ['load_balancer_ip', 'nomad_ui_url', 'consul_ui_url', 'environment_url'])
      expect(first.stdout).toContain(name);
    expect((await census(lab))['servers']).toEqual([
      'aipacto-production-1',
      'aipacto-production-2',
      'aipacto-production-3',
    ]);
  });

  test('again: no changes, and no writing request', async () => {
    lab.requests();
    const again = await lab.run('production --yes');
    expect(again.exitCode).toBe(0);
    expect(again.stdout + again.stderr).toContain('no changes');
    expect(writes(lab.requests())).toEqual([]);
  });

  test('a no-op plan costs at most 12 requests, and its JSON agrees', async () => {
    lab.requests();
    const { exitCode, document } = await lab.json('plan production');
    const asked = lab.requests().filter((request) => !request.includes('_emulator'));
    expect(exitCode).toBe(0);
    expect(document.environment).toBe('production');
    expect(document.summary).toMatchObject({
      create: 0,
      update: 0,
      rebuild: 0,
      replace: 0,
      delete: 0,
      adopt: 0,
      forget: 0,
      blocked: 0,
    });
    expect(asked.length).toBeLessThanOrEqual(12);
    expect(document.requests).toEqual({ read: asked.length, write: 0 });
  });

  test('every object carries its labels', async () => {
    for (const server of (await lab.api('GET', '/servers?label_selector=project=aipacto,environment-type=production'))
      .servers)
      expect(Object.keys(server.labels).sort()).toEqual([
        'address',
        'environment',
        'environment-type',
        'project',
        'run',
        'user-data',
      ]);
    const { servers } = await lab.api('GET', '/servers?label_selector=project=aipacto');
    expect(servers).toHaveLength(3);
  });

  test('check finds nothing, and then names a deleted server, an added rule and a stripped label; converging heals exactly those', async () => {
    expect((await lab.run('check production')).exitCode).toBe(0);
    const { servers } = await lab.api('GET', '/servers');
    const { firewalls } = await lab.api('GET', '/firewalls');
    const { networks } = await lab.api('GET', '/networks');
    await lab.api('DELETE', `/servers/${servers[1].id}`);
    await lab.api('POST', `/firewalls/${firewalls[0].id}/actions/set_rules`, {
      rules: [
        ...firewalls[0].rules,
        { direction: 'in', protocol: 'tcp', port: '9999', source_ips: ['0.0.0.0/0'], destination_ips: [] },
      ],
    });
    const { environment: _stripped, ...labels } = networks[0].labels;
    await lab.api('PUT', `/networks/${networks[0].id}`, { labels });
    await lab.emulator.clock.sleep(60_000);

    const { exitCode, document } = await lab.json('check production');
    expect(exitCode).toBe(2);
    const drift = document.changes.filter((change: Document) => change.action !== 'keep');
    expect(drift.map((change: Document) => `${change.action} ${change.address}`)).toEqual([
      'update cluster/production',
      'update firewall/production',
      'update network/production',
      'create server/production-2',
    ]);

    expect((await lab.run('production --yes')).exitCode).toBe(0);
    expect((await lab.api('GET', `/networks/${networks[0].id}`)).network.labels.environment).toBe('production');
    expect((await lab.api('GET', `/firewalls/${firewalls[0].id}`)).firewall.rules).toHaveLength(
      firewalls[0].rules.length,
    );
    expect((await census(lab))['servers']).toContain('aipacto-production-2');
    const healed = (await lab.api('GET', '/servers')).servers.map((server: Document) => server.id);
    expect(healed).toContain(servers[0].id);
    expect(healed).toContain(servers[2].id);
    expect((await lab.run('check production')).exitCode).toBe(0);
  });

  test('staging and pr 7 stand beside it; destroying pr 7 leaves the others untouched', async () => {
    expect((await lab.run('staging --yes')).exitCode).toBe(0);
    expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
    const { document } = await lab.json('list');
    expect(document.environments.map((one: Document) => one.environment)).toEqual(['production', 'staging', 'pr-7']);
    expect((await lab.run('destroy pr 7 --yes')).exitCode).toBe(0);
    expect((await census(lab))['servers']).toHaveLength(4);
    expect((await lab.run('check production')).exitCode).toBe(0);
    expect((await lab.run('check staging')).exitCode).toBe(0);
  });

  test('destroying what is left takes everything of ours, and nothing without our labels', async () => {
    await lab.api('POST', '/networks', { name: 'somebody-elses', ip_range: '10.99.0.0/16' });
    expect((await lab.run('destroy staging --yes')).exitCode).toBe(0);
    expect((await lab.run('destroy production --yes')).exitCode).toBe(0);
    await lab.emulator.clock.sleep(120_000);
    expect(await census(lab)).toEqual({
      servers: [],
      networks: ['somebody-elses'],
      firewalls: [],
      placement_groups: [],
      load_balancers: [],
      certificates: [],
      primary_ips: [],
      zones: [],
    });
  });
});
