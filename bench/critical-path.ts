import type { JournalEvent } from '../src/domain/journal.ts';
import { bootMs } from '../src/emulator/machines/timings.ts';
import type { VirtualRun } from './requests.ts';
import type { Row } from './table.ts';

/**
 * Elapsed virtual time of the steps against the longest chain of what the cloud and the machines themselves took:
 * a Hetzner action from its start to its finish, a boot by the emulator's table. Waiting for the cluster and for jobs
 * has no figure of its own there and counts as it was. What is left above 1.0 is our polling and ordering.
 */
export const criticalPath = ({ lab, journal, plan }: VirtualRun): Row => {
  const at = (step: string, event: JournalEvent['event']): number =>
    Date.parse(journal.find((entry) => entry.step === step && entry.event === event)?.at ?? '');
  const own = (step: string): number => {
    if (step.startsWith('await-boot')) return bootMs;
    const accepted = journal.find((entry) => entry.step === step && entry.event === 'accepted');
    if (accepted === undefined) return at(step, 'succeeded') - at(step, 'started');
    const ids = [...(accepted.detail ?? '').matchAll(/\d{9,}/g)].map((match) => Number(match[0]));
    const actions = lab.emulator.world.actions.all().filter((row) => ids.includes(row.id));
    return Math.max(0, ...actions.map((row) => Date.parse(row.finished ?? '') - Date.parse(row.started)));
  };
  const ends = new Map<string, number>();
  const endOf = (step: string): number => {
    const known = ends.get(step);
    if (known !== undefined) return known;
    const { dependsOn = [] } = plan.find((candidate) => candidate.id === step) ?? {};
    const end = Math.max(0, ...dependsOn.map(endOf)) + own(step);
    ends.set(step, end);
    return end;
  };
  const chain = Math.max(...plan.map((step) => endOf(step.id)));
  const times = journal.map((entry) => Date.parse(entry.at));
  const elapsed = Math.max(...times) - Math.min(...times);
  const ratio = elapsed / chain;
  return {
    what: 'create of production in virtual time',
    figure: `${ratio.toFixed(3)} × the critical path (${(elapsed / 1000).toFixed(1)} s of ${(chain / 1000).toFixed(1)} s)`,
    target: '≤ 1.1 ×',
    ok: ratio <= 1.1,
    anchor: 'hetzner-k3s: 15-18 s of sleeps per server on top',
  };
};
