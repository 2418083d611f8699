import { instant } from '../../domain/times.ts';
import type { LeaseView } from '../../ports/state-access.ts';
import type { Layout } from './layout.ts';
import { duration, paragraph } from './text.ts';

/** Who has the lease, since when, for what, and what taking it away means. */
export const printLease = (
  { standing, record, leftMs }: LeaseView,
  scope: string,
  { width, paint }: Layout,
): string[] => {
  if (record === undefined) return [`nobody holds the lease on ${scope}, and nobody ever did: nothing to do`];
  const who = `${record.holder}, process ${record.pid} on ${record.host}`;
  if (standing !== 'held') {
    const why = {
      free: `it was given back by ${who}`,
      expired: `it ran out at ${instant(record.expiresAt)}; ${who} had it`,
      dead: `its process is gone: ${who}`,
    }[standing];
    return paragraph(`nothing to do: the lease on ${scope} can be taken by the next run, ${why}`, width, '', '  ');
  }
  return [
    paint('bold', `The lease on ${scope} is held`),
    `  by     ${who}`,
    ...paragraph(record.command, width, '  for    ', '         '),
    `  since  ${instant(record.acquiredAt)}`,
    `  until  ${instant(record.expiresAt)}, ${duration(leftMs)} from now; renewed while its run works`,
    ...paragraph(
      'A run that died is no reason: its lease runs out by itself within a minute. End it only if that process can no more renew it and you know so. Should it live after all, its next write of the state is refused and it stops; what it has asked of the cloud until then stays, and the next run finds it.',
      width,
      '',
    ),
  ];
};
