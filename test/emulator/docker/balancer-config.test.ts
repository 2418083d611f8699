import { describe, expect, test } from 'vitest';
import { type BalancerRow, balancerConfig } from '../../../src/emulator/docker/balancer-config.ts';
import { healthIn, parseStats } from '../../../src/emulator/docker/balancer-health.ts';
import type { LoadBalancerService } from '../../../src/hetzner/wire/load-balancers.ts';

const http = { cookie_name: 'HCLBSTICKY', cookie_lifetime: 300, timeout_idle: 50, sticky_sessions: false };
const service: LoadBalancerService = {
  protocol: 'http',
  listen_port: 80,
  destination_port: 8080,
  proxyprotocol: false,
  http,
  health_check: {
    protocol: 'http',
    port: 8081,
    interval: 3,
    timeout: 2,
    retries: 3,
    http: { domain: 'shop.example', path: '/health', status_codes: ['2??', '304'], response: '', tls: false },
  },
};
const row = (services: readonly LoadBalancerService[], more: Partial<BalancerRow> = {}): BalancerRow => ({
  services: [...services],
  algorithm: { type: 'round_robin' },
  public_net: { enabled: true, ipv4: { ip: '198.18.7.9', dns_ptr: null }, ipv6: { ip: null, dns_ptr: null } },
  private_net: [{ network: 1, ip: '10.0.1.5' }],
  ...more,
});
const targets = [
  { name: 'server-1', address: '10.0.1.11' },
  { name: 'server-2', address: '10.0.1.12' },
];
const linesOf = (text: string, start: string): string[] =>
  (text.split('\n\n').find((section) => section.startsWith(start)) ?? '').trim().split('\n');

describe('the configuration of a load balancer', () => {
  test('http: two targets in turn, taken out after three failed checks of three seconds, headers as Hetzner sets them', () => {
    const text = balancerConfig(row([service]), targets);
    expect(linesOf(text, 'frontend')).toEqual([
      'frontend service-80',
      '  mode http',
      '  timeout client 50s',
      '  timeout http-keep-alive 50s',
      '  bind *:80',
      '  option forwardfor',
      '  http-request set-header X-Forwarded-Proto http',
      '  http-request set-header X-Forwarded-Port 80',
      '  default_backend targets-80',
    ]);
    expect(linesOf(text, 'backend')).toEqual([
      'backend targets-80',
      '  mode http',
      '  balance roundrobin',
      '  timeout server 50s',
      '  timeout tunnel 50s',
      '  timeout connect 2s',
      '  timeout check 2s',
      '  option httpchk',
      "  http-check send meth GET uri '/health' ver HTTP/1.1 hdr Host 'shop.example'",
      "  http-check expect rstatus '^(2..|304)$'",
      '  default-server inter 3s fall 3 rise 3',
      '  server server-1 10.0.1.11:8080 check port 8081',
      '  server server-2 10.0.1.12:8080 check port 8081',
    ]);
  });

  test('https: its certificates, HTTP/2, and a redirect from port 80 where that is asked for', () => {
    const text = balancerConfig(
      row([
        { ...service, protocol: 'https', listen_port: 443, http: { ...http, certificates: [7], redirect_http: true } },
      ]),
      targets,
    );
    expect(linesOf(text, 'frontend service-443')).toContain(
      '  bind *:443 ssl crt /etc/balancer/current/certificates/443/ alpn h2,http/1.1',
    );
    expect(linesOf(text, 'frontend service-443')).toContain('  http-request set-header X-Forwarded-Proto https');
    expect(linesOf(text, 'frontend redirect-443')).toEqual([
      'frontend redirect-443',
      '  mode http',
      '  timeout client 50s',
      '  bind *:80',
      '  http-request redirect scheme https code 301',
    ]);
  });

  test('tcp: the PROXY line goes to the target, and with the check only where that asks the same port', () => {
    const plain = {
      ...service,
      protocol: 'tcp' as const,
      listen_port: 5432,
      destination_port: 5432,
      proxyprotocol: true,
    };
    const check = { protocol: 'tcp' as const, port: 5432, interval: 15, timeout: 10, retries: 3 };
    const { http: _none, ...tcp } = { ...plain, health_check: check };
    const same = linesOf(balancerConfig(row([tcp]), targets), 'backend');
    expect(same).toContain('  server server-1 10.0.1.11:5432 check port 5432 send-proxy check-send-proxy');
    expect(same.join('\n')).not.toMatch(/httpchk|cookie/);
    const other = { ...tcp, health_check: { ...check, port: 9000 } };
    expect(linesOf(balancerConfig(row([other]), targets), 'backend')).toContain(
      '  server server-1 10.0.1.11:5432 check port 9000 send-proxy',
    );
  });

  test('sticky sessions: a cookie that names the target; fewest connections first', () => {
    const sticky = { ...service, http: { ...http, sticky_sessions: true, cookie_name: 'LB', cookie_lifetime: 60 } };
    const lines = linesOf(
      balancerConfig(row([sticky], { algorithm: { type: 'least_connections' } }), targets),
      'backend',
    );
    expect(lines).toContain('  balance leastconn');
    expect(lines).toContain("  cookie 'LB' insert indirect nocache maxlife 60s");
    expect(lines).toContain('  server server-2 10.0.1.12:8080 check port 8081 cookie server-2');
  });

  test('checks over TLS name the domain; one without a domain is HTTP/1.0, which needs no Host', () => {
    const checked = (domain: string | null, tls: boolean): string =>
      balancerConfig(
        row([
          { ...service, health_check: { ...service.health_check, http: { domain, path: '/', tls, response: 'OK' } } },
        ]),
        targets,
      );
    expect(checked('shop.example', true)).toContain("check-ssl verify none check-sni 'shop.example'");
    expect(checked(null, false)).toContain("http-check send meth GET uri '/' ver HTTP/1.0\n");
    expect(checked(null, false)).toContain("http-check expect string 'OK'");
  });

  test('without its public interface it listens on its private address only', () => {
    const hidden = { enabled: false, ipv4: { ip: null, dns_ptr: null }, ipv6: { ip: null, dns_ptr: null } };
    expect(linesOf(balancerConfig(row([service], { public_net: hidden }), targets), 'frontend')).toContain(
      '  bind 10.0.1.5:80',
    );
  });

  test('what a user typed stays one word: no quote and no line break gets out of it', () => {
    const path = "/a'b\n  server evil 1.2.3.4:1";
    const text = balancerConfig(
      row([{ ...service, health_check: { ...service.health_check, http: { domain: '10%', path } } }]),
      targets,
    );
    expect(text).toContain(`uri '/a'"'"'b   server evil 1.2.3.4:1' ver HTTP/1.1 hdr Host '10%%'\n`);
  });
});

describe('health, from what HAProxy says of itself', () => {
  const stats = [
    '# pxname,svname,status,check_status,check_code,check_duration',
    'targets-80,server-1,UP,L7OK,200,1',
    'targets-80,server-2,DOWN,* L7STS,503,1',
    'targets-80,server-3,DOWN,L4CON,,0',
    'targets-80,server-4,UP 1/3,L7OK,200,0',
    'targets-80,server-5,UP,INI,,',
    'targets-443,server-1,DOWN,L4TOUT,,2000',
    '',
  ].join('\n');
  test.each([
    [80, 'server-1', { status: 'healthy' }],
    [80, 'server-2', { status: 'unhealthy', detail: 'unexpected_http_status', http_status_code: 503 }],
    [80, 'server-3', { status: 'unhealthy', detail: 'layer4_no_connection' }],
    [80, 'server-4', { status: 'healthy' }],
    [80, 'server-5', { status: 'unknown' }],
    [443, 'server-1', { status: 'unhealthy', detail: 'layer4_timeout' }],
    [443, 'server-2', { status: 'unknown' }],
  ])('service %i, %s', (port, name, health) => {
    expect(healthIn(parseStats(stats), port, name)).toEqual(health);
  });
});
