import type { HealthCheck, LoadBalancer, LoadBalancerService } from '../../hetzner/wire/load-balancers.ts';

/** A server or IP that traffic may go to, resolved from the row's targets. */
export interface BalancerTarget {
  /** Name in HAProxy: `server-1000001`, `ip-198.51.100.7`. */
  readonly name: string;
  readonly address: string;
}
export type BalancerRow = Pick<LoadBalancer, 'algorithm' | 'services' | 'public_net' | 'private_net'>;

/** Where the files of a balancer lie in its container. */
export const balancerFiles = '/etc/balancer/current';
export const balancerSocket = '/run/balancer.sock';
/** Directory of the PEM files (certificate and key) of an https service. */
export const certificateFolder = (listenPort: number): string => `certificates/${listenPort}`;

/** One backend per service; its name is what health is looked up by. */
export const backendOf = (listenPort: number): string => `targets-${listenPort}`;

/** Hetzner tells nothing of its limits on plain TCP; long enough for a quiet database connection (B). */
const tcpIdleSeconds = 300;
/** How long a target may take to accept a connection (B). */
const connectSeconds = 5;

/**
 * HAProxy's configuration of one load balancer, as text. `max-spread-checks` makes the first checks come at once, also
 * after a reload; by default HAProxy spreads them over a whole interval.
 */
export const balancerConfig = (row: BalancerRow, targets: readonly BalancerTarget[]): string =>
  [
    [
      'global',
      `  stats socket ${balancerSocket} mode 600 level admin expose-fd listeners`,
      '  maxconn 4000',
      '  max-spread-checks 300ms',
      '  ssl-default-bind-options ssl-min-ver TLSv1.2',
    ],
    ['defaults', `  timeout connect ${connectSeconds}s`, '  timeout http-request 10s', '  maxconn 4000'],
    ...row.services.flatMap((service) => [
      ...(service.http?.redirect_http === true ? [redirect(row, service)] : []),
      frontend(row, service),
      backend(row, service, targets),
    ]),
  ]
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');

/** Without its public interface a load balancer listens on its private address only. */
const binds = ({ public_net, private_net }: BalancerRow, port: number, more = ''): string[] => {
  const hosts = public_net.enabled ? ['*'] : private_net.map(({ ip }) => ip);
  return hosts.map((host) => `  bind ${host}:${port}${more}`);
};

/** Port 80 of an https service that redirects (301: B). */
const redirect = (row: BalancerRow, { listen_port, http }: LoadBalancerService): string[] => [
  `frontend redirect-${listen_port}`,
  '  mode http',
  `  timeout client ${http?.timeout_idle ?? 50}s`,
  ...binds(row, 80),
  '  http-request redirect scheme https code 301',
];

const modeOf = ({ protocol }: LoadBalancerService): 'tcp' | 'http' => (protocol === 'tcp' ? 'tcp' : 'http');
const idleOf = ({ http }: LoadBalancerService): number => http?.timeout_idle ?? tcpIdleSeconds;

const frontend = (row: BalancerRow, service: LoadBalancerService): string[] => {
  const { protocol, listen_port } = service;
  const crt = ` ssl crt ${balancerFiles}/${certificateFolder(listen_port)}/ alpn h2,http/1.1`;
  return [
    `frontend service-${listen_port}`,
    `  mode ${modeOf(service)}`,
    `  timeout client ${idleOf(service)}s`,
    ...(protocol === 'tcp' ? [] : [`  timeout http-keep-alive ${idleOf(service)}s`]),
    ...binds(row, listen_port, protocol === 'https' ? crt : ''),
    ...(protocol === 'tcp'
      ? []
      : [
          '  option forwardfor',
          `  http-request set-header X-Forwarded-Proto ${protocol}`,
          `  http-request set-header X-Forwarded-Port ${listen_port}`,
        ]),
    `  default_backend ${backendOf(listen_port)}`,
  ];
};

const algorithms = { round_robin: 'roundrobin', least_connections: 'leastconn' } as const;

const backend = (row: BalancerRow, service: LoadBalancerService, targets: readonly BalancerTarget[]): string[] => {
  const { http, health_check: check, destination_port } = service;
  const sticky = http?.sticky_sessions === true;
  const options = serverOptions(service);
  return [
    `backend ${backendOf(service.listen_port)}`,
    `  mode ${modeOf(service)}`,
    `  balance ${algorithms[row.algorithm.type]}`,
    `  timeout server ${idleOf(service)}s`,
    `  timeout tunnel ${idleOf(service)}s`,
    // A check's own timeout counts only once it is connected (haproxy 2.6, "timeout check"): until then it is this one.
    `  timeout connect ${Math.min(check.timeout, connectSeconds)}s`,
    `  timeout check ${check.timeout}s`,
    ...(sticky
      ? [`  cookie ${quoted(http.cookie_name)} insert indirect nocache maxlife ${http.cookie_lifetime}s`]
      : []),
    ...checkLines(check),
    `  default-server inter ${check.interval}s fall ${check.retries} rise ${check.retries}`,
    ...targets.map(({ name, address }) =>
      [`  server ${name} ${address}:${destination_port} ${options}`, ...(sticky ? [`cookie ${name}`] : [])].join(' '),
    ),
  ];
};

/** HAProxy sends the PROXY line in checks only where no port of their own is named: here it always is. */
const serverOptions = ({ health_check: check, proxyprotocol, destination_port }: LoadBalancerService): string =>
  [
    `check port ${check.port}`,
    ...(check.protocol === 'http' && check.http?.tls === true ? ['check-ssl verify none'] : []),
    ...(check.protocol === 'http' && check.http?.tls === true && named(check) !== ''
      ? [`check-sni ${quoted(named(check))}`]
      : []),
    ...(proxyprotocol ? ['send-proxy'] : []),
    ...(proxyprotocol && check.port === destination_port ? ['check-send-proxy'] : []),
  ].join(' ');

const named = (check: HealthCheck): string => check.http?.domain ?? '';

/** HTTP/1.1 wants a Host, which only the user can name. */
const checkLines = (check: HealthCheck): string[] => {
  if (check.protocol === 'tcp') return [];
  const { path = '/', status_codes = [], response = '' } = check.http ?? {};
  const domain = named(check);
  const version = domain === '' ? 'ver HTTP/1.0' : `ver HTTP/1.1 hdr Host ${quoted(domain.replaceAll('%', '%%'))}`;
  return [
    '  option httpchk',
    `  http-check send meth GET uri ${quoted(path)} ${version}`,
    ...(status_codes.length === 0 ? [] : [`  http-check expect rstatus ${quoted(statusPattern(status_codes))}`]),
    ...(response === '' ? [] : [`  http-check expect string ${quoted(response)}`]),
  ];
};

/** `2??` and `3*` as Hetzner writes them. */
const statusPattern = (codes: readonly string[]): string => {
  const patterns = codes.map((code) =>
    code
      .replace(/[^0-9?*]/g, '')
      .replaceAll('?', '.')
      .replaceAll('*', '.*'),
  );
  return `^(${patterns.filter((pattern) => pattern !== '').join('|')})$`;
};

/** One word for HAProxy, whatever is in it: nothing that a user typed becomes a line of the configuration. */
const quoted = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
  `'${text.replace(/[\u0000-\u001f\u007f]/g, ' ').replaceAll("'", `'"'"'`)}'`;
