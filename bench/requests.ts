import type { JournalEvent } from '../src/domain/journal.ts';
import type { StateFile } from '../src/domain/statefile.ts';
import { createLab, type Lab } from '../test/support/lab.ts';
import type { Row } from './table.ts';

export interface VirtualRun {
  readonly lab: Lab;
  readonly journal: readonly JournalEvent[];
  readonly plan: { readonly id: string; readonly dependsOn: readonly string[] }[];
}

const toHetzner = (requests: readonly string[]): string[] =>
  requests.filter((request) => !request.includes('_emulator'));

/** Production made and planned again on the emulated cloud in virtual time, its requests counted. */
export const production = async (): Promise<{
  readonly create: number;
  readonly noOp: number;
  readonly perServer: number;
  readonly virtual: VirtualRun;
}> => {
  const lab = createLab();
  await must(lab, 'plan production --out plan.json', 2);
  const saved = JSON.parse(lab.files.get('plan.json') ?? '{}') as { steps: VirtualRun['plan'] };
  lab.requests();
  await must(lab, 'apply plan.json --yes', 0);
  const all = toHetzner(lab.requests());
  await must(lab, 'plan production', 0);
  const noOp = toHetzner(lab.requests()).length;
  // What the servers themselves needed, and every poll although it serves everything else that runs.
  const servers = all.filter((request) => /^POST \/servers|^GET \/actions/.test(request)).length;
  const state = JSON.parse((await lab.store.get('production.json'))?.text ?? '{}') as StateFile;
  const journal = state.lastRun?.journal ?? [];
  return {
    create: all.length,
    noOp,
    perServer: servers / 3,
    virtual: { lab, journal, plan: saved.steps },
  };
};

/** A project of at least `count` objects: production, previews, and what others put into it. */
export const noOpAt = async (count: number): Promise<Row> => {
  const lab = createLab();
  await must(lab, 'production --yes', 0);
  for (let number = 1; number <= 12; number += 1) await must(lab, `pr ${number} --yes`, 0);
  const counted = async (): Promise<number> => {
    const kinds = [
      'servers',
      'networks',
      'firewalls',
      'placement_groups',
      'load_balancers',
      'primary_ips',
      'ssh_keys',
      'volumes',
    ];
    const totals = await Promise.all(
      kinds.map(async (kind) => (await lab.api('GET', `/${kind}?per_page=1`)).meta.pagination.total_entries as number),
    );
    return totals.reduce((sum, total) => sum + total, 0);
  };
  for (let number = 1; (await counted()) < count; number += 1)
    await lab.api('POST', '/volumes', { name: `data-${number}`, size: 10, location: 'nbg1' });
  const resources = await counted();
  lab.requests();
  await must(lab, 'plan production', 0);
  const used = toHetzner(lab.requests()).length;
  return {
    what: `requests of a no-op plan in a project of ${resources} resources`,
    figure: `${used}`,
    target: '≤ 20',
    ok: used <= 20,
    anchor: 'Terraform with a large provider: 600 (3 per resource), 13.6 s',
  };
};

const must = async (lab: Lab, command: string, exitCode: number): Promise<void> => {
  const ran = await lab.run(command);
  if (ran.exitCode !== exitCode) throw new Error(`${command} ended with ${ran.exitCode}:\n${ran.stdout}${ran.stderr}`);
};
