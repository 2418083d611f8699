import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { type EmulatorServer, serveEmulator } from '../../src/emulator/server.ts';
import { createWallClock } from '../../src/emulator/wall-clock.ts';

/*
 * The real `hcloud` command against the served emulator: HCLOUD_BIN, or what is on PATH under one of these names.
 * Every kind is created, listed, described, changed and deleted; actions are waited for; errors are printed.
 */
const versionOf = (binary: string): string | undefined => {
  try {
    return execFileSync(binary, ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
};
const candidates = process.env['HCLOUD_BIN'] === undefined ? ['hcloud', 'hcloud-new'] : [process.env['HCLOUD_BIN']];
const found = candidates.flatMap((binary) => {
  const version = versionOf(binary);
  return version === undefined ? [] : [{ binary, version }];
});

if (found.length === 0)
  describe('the hcloud command', () => {
    test.skip('is not on PATH: install it, or name it in HCLOUD_BIN, to try the emulator with it', () => undefined);
  });

interface Ran {
  readonly code: number;
  /** stdout, then stderr. */
  readonly text: string;
}

// Side by side: hcloud 1.30 asks for an action every half second, whatever it is told.
describe.concurrent.each(found)('$binary, $version', ({ binary }) => {
  let emulator: Emulator;
  let server: EmulatorServer;
  const bugs: unknown[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'hcloud-'));
  const run = (line: string | readonly string[], input?: string): Promise<Ran> =>
    new Promise((resolve) => {
      const words = typeof line === 'string' ? line.split(' ') : [...line];
      const env = {
        PATH: process.env['PATH'],
        HOME: directory,
        HCLOUD_ENDPOINT: `${server.url}/v1`,
        HETZNER_ENDPOINT: `${server.url}/v1`,
        HCLOUD_TOKEN: emulator.token,
      };
      const child = execFile(binary, ['--poll-interval', '10ms', ...words], { env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, text: stdout + stderr });
      });
      child.stdin?.end(input ?? '');
    });
  /** Must succeed; gives what was printed. */
  const ok = async (line: string | readonly string[]): Promise<string> => {
    const { code, text } = await run(line);
    if (code !== 0) throw new Error(`hcloud ${typeof line === 'string' ? line : line.join(' ')}: ${text}`);
    return text;
  };
  /** Must fail; gives what was printed. */
  const refused = async (line: string): Promise<string> => {
    const { code, text } = await run(line);
    if (code === 0) throw new Error(`hcloud ${line} was accepted: ${text}`);
    return text;
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  const json = async (line: string): Promise<any> => JSON.parse(await ok(`${line} -o json`));
  let knowsZones = false;
  let isNew = false;

  beforeAll(async () => {
    emulator = createEmulator({ clock: createWallClock({ speed: 2_000 }), checkResponses: true });
    server = await serveEmulator(emulator.fetch, { onBug: (error) => bugs.push(error) });
    // An unknown command prints the general help with exit code 0; a known one names itself.
    knowsZones = (await run('zone --help')).text.includes('hcloud zone');
    isNew = knowsZones;
  });
  afterAll(async () => {
    await server.close();
    expect(bugs).toEqual([]);
  });

  test('ssh keys', async () => {
    const file = join(import.meta.dirname, 'sample-key.pub');
    await ok(['ssh-key', 'create', '--name', 'key', '--public-key', readFileSync(file, 'utf8').trim()]);
    expect(await ok('ssh-key list')).toContain('key');
    await ok('ssh-key add-label key team=a');
    await ok('ssh-key update key --name renamed');
    expect(await json('ssh-key describe renamed')).toMatchObject({ name: 'renamed', labels: { team: 'a' } });
    expect(await refused(`ssh-key create --name renamed --public-key-from-file ${file}`)).toContain('uniqueness_error');
    await ok('ssh-key delete renamed');
  });

  test('networks', async () => {
    await ok('network create --name net --ip-range 10.0.2.0/16 --label a=b');
    await ok('network add-subnet net --type cloud --network-zone eu-central --ip-range 10.0.1.0/24');
    await ok('network add-route net --destination 10.100.0.0/24 --gateway 10.0.1.1');
    expect(await json('network describe net')).toMatchObject({
      ip_range: '10.0.0.0/16',
      subnets: [{ gateway: '10.0.0.1' }],
      routes: [{ destination: '10.100.0.0/24' }],
    });
    expect(await ok('network list -l a=b')).toContain('net');
    await ok('network enable-protection net delete');
    expect(await refused('network delete net')).toMatch(/network is delete protected \(protected/);
    await ok('network disable-protection net delete');
    await ok('network remove-route net --destination 10.100.0.0/24 --gateway 10.0.1.1');
    await ok('network remove-subnet net --ip-range 10.0.1.0/24');
    await ok('network change-ip-range net --ip-range 10.0.0.0/15');
    await ok('network update net --name other');
    await ok('network delete other');
    expect(await refused('network describe other')).toMatch(/[Nn]etwork not found: other/);
  });

  test('firewalls', async () => {
    await ok('firewall create --name fw');
    await ok('firewall add-rule fw --direction in --protocol tcp --port 22 --source-ips 0.0.0.0/0 --description SSH');
    expect((await json('firewall describe fw')).rules).toMatchObject([{ port: '22', description: 'SSH' }]);
    await ok('server create --name fenced --type cpx22 --image debian-12 --location nbg1 --firewall fw');
    expect(await refused('firewall delete fw')).toMatch(/is still in use \(resource_in_use/);
    await ok('firewall remove-from-resource fw --type server --server fenced');
    await ok('firewall apply-to-resource fw --type label_selector --label-selector a=b');
    await ok('firewall remove-from-resource fw --type label_selector --label-selector a=b');
    await ok(
      'firewall delete-rule fw --direction in --protocol tcp --port 22 --source-ips 0.0.0.0/0 --description SSH',
    );
    await ok('firewall delete fw');
    await ok('server delete fenced');
  });

  test('servers, with what they are made of', async () => {
    await ok('network create --name lan --ip-range 10.7.0.0/16');
    await ok('network add-subnet lan --type cloud --network-zone eu-central --ip-range 10.7.1.0/24');
    await ok('placement-group create --name pg --type spread');
    const created = await ok(
      'server create --name one --type cpx22 --image debian-12 --location nbg1 --network lan --placement-group pg --label a=b',
    );
    expect(created).toMatch(/Server \d+ created/);
    expect(created).toMatch(/IPv4: 203\.0\.113\.\d+/);
    expect(await ok('server list')).toMatch(/one +running/);
    expect(await json('server describe one')).toMatchObject({ status: 'running', private_net: [{ ip: '10.7.1.1' }] });
    expect(await refused('server create --name one --type cpx22 --image debian-12')).toContain(
      'server name is already used',
    );
    expect(await refused('server create --name two --type nonsense --image debian-12')).toMatch(/nonsense/);
    await ok('server detach-from-network one --network lan');
    await ok('server attach-to-network one --network lan --ip 10.7.1.9');
    await ok('server change-alias-ips one --network lan --alias-ips 10.7.1.50');
    await ok('server update one --name uno');
    await ok('server enable-protection uno delete rebuild');
    expect(await refused('server delete uno')).toMatch(/server deletion is protected \(protected/);
    await ok('server disable-protection uno delete rebuild');
    await ok('server delete uno');
    expect(await refused('server describe uno')).toMatch(/[Ss]erver not found: uno/);
    await ok('placement-group delete pg');
    await ok('network delete lan');
  });

  test('power, disks, images of a server', async () => {
    await ok('server create --name disk --type cpx22 --image debian-12 --location nbg1');
    await ok('server poweroff disk');
    expect(await refused('server reset-password disk')).toContain('(service_error');
    await ok('server change-type disk cpx32');
    await ok('server poweroff disk');
    await ok('server poweron disk');
    await ok('server rebuild disk --image ubuntu-24.04');
    expect(await ok('server reset-password disk')).toMatch(/Password|password/);
    await ok('server reboot disk');
    await ok('server reset disk');
    await ok('server enable-rescue disk');
    await ok('server disable-rescue disk');
    await ok('server enable-backup disk');
    await ok('server create-image disk --type snapshot --description shot');
    expect(await ok('image list --type snapshot')).toContain('shot');
    await ok('server disable-backup disk');
    await ok('server attach-iso disk systemrescue-12.01-amd64.iso');
    await ok('server detach-iso disk');
    await ok('server set-rdns disk --hostname one.example.com');
    await ok('server request-console disk');
    expect(await ok('server metrics disk --type cpu')).toContain('Metric: cpu');
    await ok('server shutdown disk');
    await ok('server delete disk');
  });

  test('volumes, floating IPs, primary IPs', async () => {
    await ok('server create --name host --type cpx22 --image debian-12 --location nbg1');
    await ok('volume create --name vol --size 10 --server host --format ext4');
    expect(await ok('volume list')).toMatch(/vol +10 GB +host/);
    await ok('volume resize vol --size 20');
    expect(await refused('volume delete vol')).toMatch(/hcloud:.*\(/);
    await ok('volume detach vol');
    await ok('volume attach vol --server host');
    await ok('volume detach vol');
    await ok('volume delete vol');
    await ok('floating-ip create --type ipv4 --home-location nbg1 --name fip');
    await ok('floating-ip assign fip host');
    await ok('floating-ip unassign fip');
    await ok('floating-ip delete fip');
    // hcloud 1.30 can only say --datacenter, which the API no longer knows.
    if (isNew) await ok('primary-ip create --name pip --type ipv4 --location nbg1');
    else
      await emulator.fetch(
        new Request('http://x/v1/primary_ips', {
          method: 'POST',
          headers: { Authorization: `Bearer ${emulator.token}` },
          body: JSON.stringify({ name: 'pip', type: 'ipv4', location: 'nbg1' }),
        }),
      );
    expect(await ok('primary-ip list')).toContain('pip');
    await ok('primary-ip update pip --name ip');
    if (isNew) await ok('primary-ip set-rdns ip --hostname ip.example.com');
    await ok('primary-ip delete ip');
    await ok('server delete host');
  });

  test('load balancers', async () => {
    await ok('network create --name inner --ip-range 10.8.0.0/16');
    await ok('network add-subnet inner --type cloud --network-zone eu-central --ip-range 10.8.1.0/24');
    await ok(
      'server create --name web --type cpx22 --image debian-12 --location nbg1 --network inner --label role=web',
    );
    await ok('load-balancer create --name lb --type lb11 --location nbg1');
    await ok('load-balancer add-service lb --protocol http');
    await ok('load-balancer update-service lb --listen-port 80 --destination-port 8080');
    await ok('load-balancer attach-to-network lb --network inner --ip 10.8.1.5');
    await ok('load-balancer add-target lb --server web --use-private-ip');
    await ok('load-balancer add-target lb --label-selector role=web');
    expect(await json('load-balancer describe lb')).toMatchObject({
      private_net: [{ ip: '10.8.1.5' }],
      services: [{ listen_port: 80, destination_port: 8080 }],
      targets: [{ type: 'server' }, { type: 'label_selector' }],
    });
    expect(await refused('load-balancer add-target lb --server web')).toContain('target_already_defined');
    await ok('load-balancer change-algorithm lb --algorithm-type least_connections');
    await ok('load-balancer change-type lb lb21');
    await ok('load-balancer remove-target lb --server web');
    await ok('load-balancer remove-target lb --label-selector role=web');
    await ok('load-balancer delete-service lb --listen-port 80');
    await ok('load-balancer disable-public-interface lb');
    await ok('load-balancer enable-public-interface lb');
    await ok('load-balancer detach-from-network lb --network inner');
    await ok('load-balancer update lb --name balancer');
    expect(await ok('load-balancer list')).toContain('balancer');
    await ok('load-balancer delete balancer');
    await ok('server delete web');
    await ok('network delete inner');
  });

  test('certificates: an action that ends in error is told with its code', async () => {
    const failed = await refused('certificate create --name cert --type managed --domain example.com');
    expect(failed).toContain('dns_zone_not_found');
    await ok('certificate delete cert');
  });

  test('zones and their record sets, where the command knows them', async (context) => {
    if (!knowsZones) context.skip('this hcloud has no `zone` command');
    await ok('zone create --name example.com --mode primary --ttl 600');
    await ok('zone rrset create --name www --type A --record 198.51.100.1 example.com');
    await ok('zone add-records example.com www A --record 198.51.100.2');
    await ok('zone set-records example.com www A --record 198.51.100.3');
    expect(await json('zone rrset list example.com --type A')).toMatchObject([
      { id: 'www/A', records: [{ value: '198.51.100.3' }] },
    ]);
    await ok('zone change-ttl example.com --ttl 3600');
    await ok('zone rrset change-ttl example.com www A --ttl 60');
    expect(await ok('zone export-zonefile example.com')).toMatch(/www.*A\s+198\.51\.100\.3/);
    await ok('certificate create --name cert --type managed --domain www.example.com');
    expect(await json('certificate describe cert')).toMatchObject({ status: { issuance: 'completed' } });
    await ok('certificate delete cert');
    await ok('zone rrset delete example.com www A');
    await ok('zone enable-protection example.com delete');
    expect(await refused('zone delete example.com')).toContain('(protected');
    await ok('zone disable-protection example.com delete');
    await ok('zone delete example.com');
  });

  test('the catalogue, everything at once, and a wrong token', async () => {
    expect(await ok('server-type list')).toContain('cx23');
    expect(await ok('location list')).toContain('nbg1');
    expect(await ok('load-balancer-type list')).toContain('lb11');
    expect(await ok('image list --type system')).toContain('debian-12');
    await ok('iso list');
    if (isNew) await ok('all list');
    expect(await refused('datacenter list')).toContain('deprecated_api_endpoint');
    const { status } = await fetch(`${server.url}/v1/servers`, { headers: { Authorization: 'Bearer nobody' } });
    expect(status).toBe(401);
  });
});
