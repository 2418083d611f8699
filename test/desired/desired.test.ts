import { expect, test } from 'vitest';
import { desiredState } from '../../src/desired/desired.ts';
import type { Environment } from '../../src/domain/environment.ts';
import { gzipBase64 } from '../../src/local/hash.ts';
import { assets, desired, environmentOf, find, hash, infra } from './inputs.ts';

const production = environmentOf({ type: 'production' });
const pr = environmentOf({ type: 'pr', pullRequest: 7 });
const listed = (environment: Environment): string =>
  desired(environment)
    .resources.map(({ address, name, dependsOn }) => `${address} "${name}" after ${dependsOn.join(', ') || 'nothing'}`)
    .join('\n');

test('production: addresses, names, and what comes after what', () => {
  expect(listed(production)).toMatchInlineSnapshot(`
    "zone/aipacto.com "aipacto.com" after nothing
    network/production "aipacto-production" after nothing
    firewall/production "aipacto-production" after nothing
    placement-group/production "aipacto-production" after nothing
    certificate/production "aipacto-production" after zone/aipacto.com
    load-balancer/production "aipacto-production" after network/production, certificate/production
    server/production-1 "aipacto-production-1" after network/production, firewall/production, placement-group/production
    server/production-2 "aipacto-production-2" after network/production, firewall/production, placement-group/production
    server/production-3 "aipacto-production-3" after network/production, firewall/production, placement-group/production
    rrset/aipacto.com/@/A "@/A" after zone/aipacto.com, load-balancer/production
    rrset/aipacto.com/@/AAAA "@/AAAA" after zone/aipacto.com, load-balancer/production
    cluster/production "aipacto-production" after server/production-1, server/production-2, server/production-3
    job/server "server" after cluster/production
    job/web "web" after cluster/production"
  `);
});

test('staging and a pull request: one server, no load balancer, a record that names the server', () => {
  expect(listed(environmentOf({ type: 'staging' }))).toMatchInlineSnapshot(`
    "zone/aipacto.com "aipacto.com" after nothing
    network/staging "aipacto-staging" after nothing
    firewall/staging "aipacto-staging" after nothing
    server/staging-1 "aipacto-staging-1" after network/staging, firewall/staging
    rrset/aipacto.com/staging/A "staging/A" after zone/aipacto.com, server/staging-1
    cluster/staging "aipacto-staging" after server/staging-1
    job/server "server" after cluster/staging
    job/web "web" after cluster/staging"
  `);
  expect(listed(pr)).toMatchInlineSnapshot(`
    "zone/aipacto.com "aipacto.com" after nothing
    network/pr-7 "aipacto-pr-7" after nothing
    firewall/pr-7 "aipacto-pr-7" after nothing
    server/pr-7-1 "aipacto-pr-7-1" after network/pr-7, firewall/pr-7
    rrset/aipacto.com/pr-7.pr/A "pr-7.pr/A" after zone/aipacto.com, server/pr-7-1
    cluster/pr-7 "aipacto-pr-7" after server/pr-7-1
    job/server "server" after cluster/pr-7
    job/web "web" after cluster/pr-7"
  `);
});

test('labels tell project, environment, its type and the address; shared things belong to all', () => {
  const state = desired({ ...pr, labels: { team: 'web' } });
  const { 'user-data': _hash, ...server } = find(state, 'server')[0]?.labels ?? {};
  expect(server).toEqual({
    team: 'web',
    project: 'aipacto',
    environment: 'pr-7',
    'environment-type': 'pr',
    address: 'server.pr-7-1',
  });
  expect(find(state, 'rrset')[0]?.labels['address']).toBe('rrset.aipacto.com.pr-7.pr.A');
  expect(find(state, 'zone')[0]).toMatchObject({
    scope: 'shared',
    labels: { project: 'aipacto', environment: 'shared', 'environment-type': 'shared', address: 'zone.aipacto.com' },
  });
});

test('the zone is the same thing from every environment, so that they never change it in turn', () => {
  const loud = { ...production, protected: true, labels: { team: 'x' }, dnsTtlSeconds: 60 };
  expect(find(desired(loud), 'zone')).toEqual(find(desired(pr), 'zone'));
});

test('behind a load balancer nothing of ours is public; TLS ends there and port 80 redirects', () => {
  expect(find(desired(production), 'firewall')[0]?.spec.rules.map(({ port, protocol }) => port ?? protocol)).toEqual([
    '22',
    'icmp',
  ]);
  expect(find(desired(production), 'load-balancer')[0]?.spec).toMatchInlineSnapshot(`
    {
      "algorithm": "round_robin",
      "deleteProtection": false,
      "location": "nbg1",
      "network": {
        "attribute": "id",
        "ref": "network/production",
      },
      "privateIp": "10.0.1.5",
      "publicInterface": true,
      "services": [
        {
          "destinationPort": 80,
          "healthCheck": {
            "http": {
              "path": "/healthz",
              "statusCodes": [
                "200",
              ],
              "tls": false,
            },
            "intervalSeconds": 3,
            "port": 80,
            "protocol": "http",
            "retries": 2,
            "timeoutSeconds": 1,
          },
          "http": {
            "certificates": [
              {
                "attribute": "id",
                "ref": "certificate/production",
              },
            ],
            "redirectHttp": true,
            "stickySessions": false,
            "timeoutIdleSeconds": 50,
          },
          "listenPort": 443,
          "protocol": "https",
          "proxyProtocol": false,
        },
      ],
      "targets": [
        {
          "selector": "project=aipacto,environment=production",
          "type": "label-selector",
          "usePrivateIp": true,
        },
      ],
      "type": "lb11",
    }
  `);
});

test('without TLS the load balancer answers port 80 alone', () => {
  const [balancer] = find(desired({ ...production, tls: 'off' }), 'load-balancer');
  expect(
    balancer?.spec.services.map(({ protocol, listenPort, http }) => [protocol, listenPort, http?.redirectHttp]),
  ).toEqual([['http', 80, false]]);
  expect(find(desired({ ...production, tls: 'off' }), 'certificate')).toEqual([]);
});

test('acme-dns behind a load balancer: TLS passes through, with the address of the visitor; Hetzner issues nothing', () => {
  const state = desired({ ...production, tls: 'acme-dns' });
  const [balancer] = find(state, 'load-balancer');
  expect(
    balancer?.spec.services.map(({ protocol, listenPort, destinationPort, proxyProtocol, healthCheck }) => [
      protocol,
      `${listenPort} to ${destinationPort}`,
      proxyProtocol,
      `${healthCheck.port}${healthCheck.http?.path}`,
    ]),
  ).toEqual([
    ['tcp', '80 to 80', true, '80/healthz'],
    ['tcp', '443 to 443', true, '80/healthz'],
  ]);
  expect(find(state, 'certificate')).toEqual([]);
});

test('a host of a route gets DNS records and a place on the certificate like the domain itself', () => {
  const [job] = production.jobs;
  if (job === undefined) throw new Error('infra.yaml has jobs');
  const state = desired({
    ...production,
    jobs: [{ ...job, routes: ['/', 'api.aipacto.com/v1', 'api.aipacto.com/v2'] }],
  });
  expect(find(state, 'rrset').map(({ name }) => name)).toEqual(['@/A', '@/AAAA', 'api/A', 'api/AAAA']);
  expect(find(state, 'certificate').map(({ spec }) => spec.domains)).toEqual([['aipacto.com', 'api.aipacto.com']]);
});

test.each([
  ['off', ['22/tcp', 'icmp', '80/tcp']],
  ['caddy', ['22/tcp', 'icmp', '80/tcp', '443/tcp', '443/udp']],
  ['acme-dns', ['22/tcp', 'icmp', '80/tcp', '443/tcp', '443/udp']],
] as const)('with ingress: dns and tls: %s the servers are open on %j', (tls, open) => {
  const [firewall] = find(desired({ ...pr, tls }), 'firewall');
  expect(
    firewall?.spec.rules.map(({ port, protocol }) => (port === undefined ? protocol : `${port}/${protocol}`)),
  ).toEqual(open);
});

test("the user's own rule for port 80 is not widened", () => {
  const own = { direction: 'in', protocol: 'tcp', port: '80', ips: ['192.0.2.0/24'] } as const;
  expect(find(desired({ ...pr, firewall: [own] }), 'firewall')[0]?.spec.rules).toEqual([own]);
});

test('a server: private address by number, one placement group, references to what is made in the same run', () => {
  const server = find(desired(production), 'server')[2];
  const { userData: _text, userDataFingerprint, ...spec } = server?.spec ?? { userData: '', userDataFingerprint: '' };
  expect(spec).toMatchInlineSnapshot(`
    {
      "backups": false,
      "deleteProtection": false,
      "firewalls": [
        {
          "attribute": "id",
          "ref": "firewall/production",
        },
      ],
      "image": "debian-12",
      "locations": [
        "nbg1",
        "fsn1",
        "hel1",
      ],
      "network": {
        "attribute": "id",
        "ref": "network/production",
      },
      "placementGroup": {
        "attribute": "id",
        "ref": "placement-group/production",
      },
      "privateIp": "10.0.1.13",
      "publicIpv4": true,
      "publicIpv6": true,
      "sshKeys": [],
      "types": [
        "cx23",
        "cpx22",
        "cx33",
        "cpx32",
      ],
    }
  `);
  expect(userDataFingerprint).toMatch(/^[0-9a-f]{16}$/);
  expect(server?.labels['user-data']).toBe(userDataFingerprint);
});

test('records: the load balancer in both families, or every server', () => {
  const of = (environment: Environment) =>
    find(desired(environment), 'rrset').map(
      ({ name, spec }) => `${name} ${spec.ttlSeconds} ${JSON.stringify(spec.records)}`,
    );
  expect([...of(production), ...of({ ...pr, servers: { ...pr.servers, count: 3 } })]).toMatchInlineSnapshot(`
    [
      "@/A 300 [{"ref":"load-balancer/production","attribute":"ipv4"}]",
      "@/AAAA 300 [{"ref":"load-balancer/production","attribute":"ipv6"}]",
      "pr-7.pr/A 300 [{"ref":"server/pr-7-1","attribute":"ipv4"},{"ref":"server/pr-7-2","attribute":"ipv4"},{"ref":"server/pr-7-3","attribute":"ipv4"}]",
    ]
  `);
  expect(of({ ...production, zone: undefined } as unknown as Environment)).toEqual([]);
});

test('a job: the variables its file declares, from infra.yaml', () => {
  const [job] = find(desired(production), 'job');
  expect(job?.spec.variables).toMatchInlineSnapshot(`
    {
      "count": 2,
      "cpu": 200,
      "domain": "aipacto.com",
      "health": "/api/health",
      "image": "developeraipacto/aipacto-server:latest",
      "memory": 256,
      "port": 3000,
      "routes": "/api",
      "version": "latest",
    }
  `);
});

test('a job file that is missing, of another name, or without a variable is told with what to do', () => {
  const job = production.jobs[0];
  if (job === undefined) throw new Error('production has no job');
  const fails = (change: Partial<typeof job>): unknown => {
    try {
      return desired({ ...production, jobs: [{ ...job, ...change }] });
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(fails({ file: 'jobs/none.hcl' })).toBe('the file jobs/none.hcl of job server is not there');
  expect(fails({ name: 'other' })).toBe('jobs/server.nomad.hcl holds no job "other"');
  expect(fails({ variables: { colour: 'red' } })).toBe('jobs/server.nomad.hcl declares no variable "colour"');
});

test('the same input gives the same bytes, and the fingerprints do not cover labels', () => {
  expect(desired(production)).toEqual(desired(environmentOf({ type: 'production' }, infra)));
  const labelled = desired({ ...production, labels: { team: 'x' } });
  expect(labelled.resources.map(({ fingerprint }) => fingerprint)).toEqual(
    desired(production).resources.map(({ fingerprint }) => fingerprint),
  );
});

test('a changed template changes exactly the servers', () => {
  const path = 'templates/sysctl-host.conf.hbs';
  const edited = { ...assets, templates: { ...assets.templates, [path]: 'vm.swappiness = 2\n' } };
  const before = desired(production).resources;
  const after = desiredState({
    environment: production,
    state: null,
    emulated: true,
    assets: edited,
    hash,
    gzip: gzipBase64,
  }).resources;
  const changed = after.filter((one, index) => one.fingerprint !== before[index]?.fingerprint);
  expect(changed.map(({ address }) => address)).toEqual([
    'server/production-1',
    'server/production-2',
    'server/production-3',
  ]);
});

test('referenced, never owned: the SSH keys', () => {
  expect(desired({ ...production, sshKeys: ['alice'] }).references).toEqual([{ kind: 'ssh-key', name: 'alice' }]);
});

test('a job behind a host of its own is asked under that host', () => {
  const [web, api] = [
    production.jobs.find(({ name }) => name === 'web'),
    production.jobs.find(({ name }) => name === 'server'),
  ];
  if (web === undefined || api === undefined) throw new Error('infra.yaml has web and server');
  const asked = (routes: readonly string[]) =>
    find(desired({ ...production, jobs: [web, { ...api, routes }] }), 'job').map(
      ({ name, spec }) => `${name}: ${spec.answers?.domain}${spec.answers?.path}`,
    );
  expect(asked(['/api'])).toEqual(['web: aipacto.com/health', 'server: aipacto.com/api/health']);
  expect(asked(['api.aipacto.com/'])).toEqual(['web: aipacto.com/health', 'server: api.aipacto.com/api/health']);
});
