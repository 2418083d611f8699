import type { HealthStatus } from '../../hetzner/wire/load-balancers.ts';
import { backendOf } from './balancer-config.ts';

/** What HAProxy says of one target in one service. */
export type FoundHealth = Omit<HealthStatus, 'listen_port'>;
/** By backend and server, as HAProxy names them. */
export type HealthTable = ReadonlyMap<string, FoundHealth>;

const keyOf = (listenPort: number, name: string): string => `${backendOf(listenPort)}/${name}`;
export const healthIn = (table: HealthTable | undefined, listenPort: number, name: string): FoundHealth =>
  table?.get(keyOf(listenPort, name)) ?? { status: 'unknown' };

/** check_status of `show stat` (HAProxy management guide 9.1) in Hetzner's words of 2026-08-17. */
const details: Readonly<Record<string, NonNullable<HealthStatus['detail']>>> = {
  L4CON: 'layer4_no_connection',
  L4TOUT: 'layer4_timeout',
  L6TOUT: 'layer4_timeout',
  L7TOUT: 'layer7_timeout',
  L7STS: 'unexpected_http_status',
  L7RSP: 'unexpected_http_content',
};

/** Reads the CSV of `show stat -1 4 -1`: one line per server. Columns are found by their names in the first line. */
export const parseStats = (csv: string): HealthTable => {
  const [header = '', ...lines] = csv.split('\n').filter((line) => line.trim() !== '');
  const columns = header.replace(/^# /, '').split(',');
  const table = new Map<string, FoundHealth>();
  for (const line of lines) {
    const cells = line.split(',');
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    table.set(
      `${cell('pxname')}/${cell('svname')}`,
      healthOf(cell('status'), cell('check_status'), cell('check_code')),
    );
  }
  return table;
};

/** `* ` before a status: a check is under way. `INI`: none has ended yet, and HAProxy sends traffic meanwhile. */
const healthOf = (status: string, checked: string, code: string): FoundHealth => {
  const outcome = checked.replace(/^\* /, '');
  if (outcome === 'INI' || outcome === '' || outcome === 'UNK') return { status: 'unknown' };
  if (status.startsWith('UP')) return { status: 'healthy' };
  const detail = details[outcome] ?? 'unspecified';
  const http = outcome === 'L7STS' && /^\d{3}$/.test(code) ? { http_status_code: Number(code) } : {};
  return { status: 'unhealthy', detail, ...http };
};
