import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { production, staging } from '../render/kit.ts';
import { hasDocker, program, until } from './agents.ts';
import { type BootedServer, bootServer, cleanUp, type Mirror, startMirror } from './boot-kit.ts';

const lacks = [
  ...(hasDocker() ? [] : ['docker engine']),
  ...(process.arch === 'x64' ? [] : ['x86-64']),
  ...(program('nomad', 'NOMAD_BIN') ? [] : ['nomad']),
  ...(program('consul', 'CONSUL_BIN') ? [] : ['consul']),
  ...(program('caddy', 'CADDY_BIN') ? [] : ['caddy']),
];
const runs = lacks.length === 0;
const title = (text: string): string => (runs ? text : `${text} (skipped: no ${lacks.join(', no ')})`);

let mirror: Mirror;
let server: BootedServer;
beforeAll(async () => {
  if (!runs) return;
  mirror = await startMirror(production.versions, process.env);
  server = await bootServer(staging, mirror);
});
afterAll(async () => {
  if (!runs) return;
  mirror.close();
  await cleanUp();
});

const state = async (file: string): Promise<string> => (await server.sh(`cat /var/lib/bootstrap/${file}`)).text.trim();
const reached = (stage: string): Promise<true> =>
  until(`stage ${stage}`, 60_000, async () => ((await state('stage')) === stage ? true : undefined));

test.skipIf(!runs)(title('a server boots from its user data alone, up to where it needs its keys'), async () => {
  await reached('awaiting keys');
  expect((await server.sh('ls /var/lib/bootstrap')).text.split('\n')).not.toContain('error');
  expect(await server.must('consul version && nomad version && caddy version')).toMatch(/Consul v1[\s\S]*Nomad v1/);
  const login = await server.must('passwd -S root; cat /root/.ssh/authorized_keys; ls /etc/ssh/ssh_host_*');
  expect(login).toMatch(/^root L /);
  expect(login).toContain(server.keys.ssh.publicKey);
  expect(login.match(/ssh_host_\S+/g)).toEqual(['ssh_host_ed25519_key', 'ssh_host_ed25519_key.pub']);
});

test.skipIf(!runs)(title('cut off there by a reset, it goes on by itself'), async () => {
  await server.reset();
  await until('stage file of this boot', 60_000, async () => {
    const { text } = await server.sh('pgrep -f /usr/local/sbin/bootstrap');
    return text.trim() !== '' && (await state('stage')) === 'awaiting keys' ? true : undefined;
  });
  expect((await server.deliver()).text).toBe('');
  const status = await server.must('timeout 60 cloud-init status --wait --format json');
  expect(JSON.parse(status)).toMatchObject({ status: 'done', errors: [] });
  expect((await server.must('ls /var/lib/bootstrap')).split('\n')).toContain('done');
  expect((await state('timeline')).split('\n').map((line) => line.replace(/^\d{13} /, ''))).toEqual([
    'network',
    'configuration',
    'packages',
    'downloads',
    'awaiting keys',
    'consul',
    'services',
    'done',
  ]);
});

const inside = (command: string): string =>
  `curl -sS -m 5 --cacert /etc/consul.d/tls/ca.pem ${command.replaceAll('PRIVATE', server.privateIp)}`;

test.skipIf(!runs)(
  title('Consul leads itself over TLS, refuses strangers, and Nomad waits for its token'),
  async () => {
    await until('leader of Consul', 30_000, async () => {
      const { text } = await server.sh(inside('https://PRIVATE:8501/v1/status/leader'));
      return text.includes(':8300') ? true : undefined;
    });
    expect(await server.must(inside('https://PRIVATE:8501/v1/agent/self -o /dev/null -w %{http_code}'))).toBe('403');
    expect((await server.sh('systemctl is-active nomad.service')).text.trim()).toBe('activating');
    // Its token in a command line would be readable by everyone on the server.
    const seen = await server.must('cat /proc/[0-9]*/cmdline | tr "\\0" " "');
    expect(seen).toContain('await-consul-token');
    expect(seen).not.toContain(server.keys.consul.nomad.reveal());

    const { management, nomad } = server.keys.consul;
    const put = (path: string, body: object) =>
      server.must(
        `${inside(`-X PUT --fail-with-body -H @/root/token -d @- https://PRIVATE:8501${path}`)}`,
        JSON.stringify(body),
      );
    await server.must('umask 077; cat >/root/token', `X-Consul-Token: ${management.reveal()}\n`);
    await put('/v1/acl/bootstrap', { BootstrapSecret: management.reveal() });
    const Rules =
      'agent_prefix "" { policy = "read" } node_prefix "" { policy = "write" } service_prefix "" { policy = "write" } acl = "write" mesh = "write"';
    await put('/v1/acl/policy', { Name: 'nomad', Rules });
    await put('/v1/acl/token', { SecretID: nomad.reveal(), Policies: [{ Name: 'nomad' }] });
    await until('leader of Nomad', 30_000, async () => {
      const { text } = await server.sh(inside('https://PRIVATE:4646/v1/status/leader'));
      return text.includes(':4647') ? true : undefined;
    });
    expect(await server.must(inside('https://PRIVATE:4646/v1/nodes -o /dev/null -w %{http_code}'))).toBe('403');
  },
);

test.skipIf(!runs)(title('the bootstrap run again changes nothing and restarts nothing'), async () => {
  const look = `systemctl show -p MainPID --value docker consul nomad caddy ssh systemd-journald
find /etc /usr /var/lib/bootstrap/artifacts /var/lib/bootstrap/installed -type f -printf '%p %T@ %m %u:%g\\n' | sort`;
  const before = await server.must(look);
  await server.must('/usr/local/sbin/bootstrap');
  expect(await server.must(look)).toBe(before);
  expect((await server.deliver([])).code).toBe(0);
  expect(await server.must(look)).toBe(
    before.replace(/^(\/var\/lib\/bootstrap\/installed) .*$/m, await installedLine()),
  );
});
const installedLine = async (): Promise<string> =>
  (await server.must(`find /var/lib/bootstrap/installed -printf '%p %T@ %m %u:%g\\n'`)).trim();

/** The true script with one thing changed, so that it fails there and nowhere else. `change`: for sed -E. */
const broken = (change: string): Promise<{ code: number; text: string }> =>
  server.sh(
    `sed -E -f - /usr/local/sbin/bootstrap >/root/broken
! cmp -s /root/broken /usr/local/sbin/bootstrap || { echo nothing was changed; exit 99; }
timeout 30 bash /root/broken`,
    change,
  );

test.skipIf(!runs).each([
  [
    'a wrong checksum, with both sums',
    's/^(part downloads caddy .*) [0-9a-f]{64}$/\\1 ffff/',
    /^downloads: http:\S+\/caddy_\S+ has sha256 [0-9a-f]{64}, expected ffff$/,
  ],
  [
    'a file that the mirror lacks',
    's/^(part downloads consul .*)[.]zip (.*) [0-9a-f]{64}$/\\1.rar \\2 ffff/',
    /^downloads: can't download http:\S+rar\ncurl: \(22\) The requested URL returned error: 404$/,
  ],
  [
    'a package that can not be had',
    's/for name in ca-certificates/for name in no-such-package/; s/apt-get -q/apt-get -c \\/no\\/such\\/file/',
    /^packages: line \d+: apt-get -c [\s\S]*\nW: Unable to read \/no\/such\/file/,
  ],
  [
    'a private address that never comes',
    's/(grep -qF .) [0-9.]+/\\1 10.99.99.99/; s/wait_for (20|90)/wait_for 1/',
    /^network: no private address \S+ within 110 seconds\n1: lo\s/,
  ],
  [
    'the other architecture',
    's/== x86_64/== aarch64/',
    /^start: this is a x86_64 machine, the downloads are for amd64$/,
  ],
])(title('told at once, and healed by the next run: %s'), async (_what, change, expected) => {
  const begun = Date.now();
  expect((await broken(change)).code).toBe(1);
  expect(await state('error')).toMatch(expected);
  expect(Date.now() - begun).toBeLessThan(20_000);
  expect((await server.must('ls /var/lib/bootstrap')).split('\n')).not.toContain('done');
  await server.must('/usr/local/sbin/bootstrap');
  expect((await server.must('ls /var/lib/bootstrap')).split('\n')).not.toContain('error');
});

test.skipIf(!runs)(
  title('a Consul that does not start is told with the end of its log, and healed by the next run'),
  async () => {
    await server.must('systemctl stop consul; echo "no_such_key = 1" >/etc/consul.d/wrong.hcl');
    expect((await broken('s/^wait_for 60 curl/wait_for 4 curl/')).code).toBe(1);
    expect(await state('error')).toMatch(/^consul: no answer from Consul within 60 seconds\n[\s\S]*no_such_key/);
    await server.must('rm /etc/consul.d/wrong.hcl && /usr/local/sbin/bootstrap');
    expect(await state('stage')).toBe('done');
  },
);

test.skipIf(!runs)(title('a delivery takes effect at once, whole or not at all'), async () => {
  const pid = (unit: string) => server.must(`systemctl show -p MainPID --value ${unit}`);
  const before = [await pid('ingress-routes'), await pid('consul')];
  const file = { path: '/etc/ingress/consul-token', mode: '0640', owner: 'root:caddy', content: 'another' };
  const refused = await server.deliver([{ ...file, owner: 'root:nobody-knows' }]);
  expect(refused.code).not.toBe(0);
  expect(refused.text).toContain("invalid group 'nobody-knows'");
  expect(await server.must('cat /etc/ingress/consul-token')).toBe(server.keys.consul.ingress.reveal());
  expect((await server.deliver([file])).text).toBe('install-delivery: /etc/ingress/consul-token\n');
  expect(await server.must('cat /etc/ingress/consul-token; stat -c " %a %U:%G" /etc/ingress/consul-token')).toBe(
    'another 640 root:caddy\n',
  );
  await until('new ingress-routes', 20_000, async () =>
    (await pid('ingress-routes')) !== before[0] ? true : undefined,
  );
  expect(await pid('consul')).toBe(before[1]);
});

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host: server.publicIp, port, timeout: 1_500 });
    const end = (open: boolean) => {
      socket.destroy();
      done(open);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });

test.skipIf(!runs)(
  title('from outside only SSH and the ingress answer; inside, no one but root sees metadata'),
  async () => {
    await server.must('systemd-run --unit=listener python3 -m http.server 25000');
    await until('a listener on every address', 10_000, async () =>
      (await server.sh('curl -sf -m 2 http://127.0.0.1:25000/ -o /dev/null')).code === 0 ? true : undefined,
    );
    const ports = [22, 80, 443, 2019, 4646, 8300, 8501, 25000];
    expect(await Promise.all(ports.map(async (port) => [port, await answers(port)]))).toEqual(
      ports.map((port) => [port, [22, 80, 443].includes(port)]),
    );
    const metadata = 'curl -sS -m 2 -o /dev/null http://169.254.169.254/';
    expect((await server.sh(`setpriv --reuid=65534 --clear-groups ${metadata}`)).text).toMatch(
      /refused|prohibited|Couldn/,
    );
    expect(await server.must('nft list chain inet server forward')).toContain('ip daddr 169.254.0.0/16 reject');
  },
);
