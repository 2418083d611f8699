import type { Document } from '../support/lab.ts';
import { type Kind, type Simulated, somebody } from './simulated.ts';

/*
 * A blocked plan names a way out. Here somebody takes it: types the command, or makes the edit. A way out that nobody
 * could follow is a fault of the product, and fails.
 */
const kindOf = (word: string): Kind => `${word.replaceAll('-', '_')}s` as Kind;

const handOver = async (world: Simulated, address: string, production: string): Promise<void> => {
  const [kind = '', ...rest] = address.split('/');
  const plural = kind === 'rrset' ? 'zones' : kindOf(kind);
  const rows = kind === 'rrset' ? [] : await world.rows(plural);
  for (const [key, maker] of world.makers) {
    const row = rows.find((one) => key === `${plural}/${one.id}`);
    if (row !== undefined && !row.name.startsWith('aipacto-production')) continue;
    if (maker !== somebody || !key.startsWith(`${plural}/`)) continue;
    if (kind === 'rrset' && !key.endsWith(`/rrsets/${rest[1]}/${rest[2]}`)) continue;
    world.makers.set(key, production);
  }
};
/** What is blocked by itself; one of each way out. */
export const rootsOf = (blocked: Document[]): Document[] => {
  const own = blocked.filter((one) => !one.reasons.some((reason: Document) => reason.field === 'depends'));
  const seen = own.filter((one, at) => own.findIndex((other) => other.next === one.next) === at);
  return seen.length === 0 ? blocked : seen;
};

/** A quorum that is lost for good: the failure names the command that begins anew. */
export const beginAnew = async (world: Simulated, stderr: string): Promise<void> => {
  const said = stderr.replace(/\s+/g, ' ');
  const anew = /begin anew with new disks: reconcile (production(?: --replace \S+)+)/.exec(said)?.[1];
  if (anew === undefined) return;
  world.story.push(`  begins anew: ${anew}`);
  const begun = await world.run(`${anew} --yes`);
  if (begun.exitCode !== 4) return;
  // Protected: the edit it names, the run that lifts the protection at Hetzner, and once more.
  world.config.environments.production.protected = false;
  await world.run('production --yes');
  await world.run(`${anew} --yes`);
};

export const resolve = async (world: Simulated, blocked: Document, depth = 0): Promise<string> => {
  const next: string = blocked.next ?? '';
  const run = async (command: string): Promise<string> => {
    for (const [, address = ''] of command.matchAll(/--adopt (\S+)/g)) await handOver(world, address, 'production');
    const ran = await world.run(`${command} --yes`);
    await beginAnew(world, ran.stderr);
    if (ran.exitCode === 4 && depth === 0 && !command.startsWith('destroy')) {
      const { stdout } = await world.run(`plan ${command} --json`);
      const [first] = rootsOf(JSON.parse(stdout).changes.filter((change: Document) => change.action === 'blocked'));
      return `  it says: ${first?.next}; ${await resolve(world, first, 1)}`;
    }
    return `resolved by ${command}: ${ran.exitCode}`;
  };
  const hcloud = /hcloud (.*)$/.exec(next)?.[1];
  const destroyFirst =
    /reconcile destroy production, then reconcile production|destroy the environment and create it anew/.test(next);
  if (destroyFirst) {
    world.config.environments.production.protected = false;
    await liftProtection(world);
    const first = await run('destroy production');
    await world.sleep(60_000);
    return first;
  }
  if (/^write protected: false/.test(next)) {
    world.config.environments.production.protected = false;
    return 'wrote protected: false';
  }
  if (/^run again in a minute/.test(next)) {
    await world.sleep(60_000);
    return run('production');
  }
  const write = /^write for example types: \[([a-z0-9]+)/.exec(next.replace('what ', ''))?.[1];
  if (write !== undefined) {
    world.config.environments.production.servers.types = [write];
    return `wrote types [${write}]`;
  }
  const reconcile = /reconcile (production[^;,(]*)/.exec(next)?.[1];
  if (reconcile !== undefined && !next.startsWith('hcloud')) return run(reconcile.trim());
  if (hcloud === undefined) throw new Error(`nobody can follow: ${next} (${JSON.stringify(blocked)})`);
  return typed(world, hcloud);
};

/** What destroy would say first, where the environment is protected. */
const liftProtection = async (world: Simulated): Promise<void> => {
  for (const kind of ['servers', 'networks', 'load_balancers', 'zones'] as const)
    for (const row of await world.rows(kind))
      if (row.protection.delete && world.makers.get(`${kind}/${row.id}`) === 'production')
        await world.api('POST', `/${kind}/${row.id}/actions/change_protection`, {
          delete: false,
          ...(kind === 'servers' ? { rebuild: false } : {}),
        });
};

const find = async (world: Simulated, kind: Kind, name: string): Promise<Document> => {
  const row = (await world.rows(kind)).find((one) => one.name === name || String(one.id) === name);
  if (row === undefined) throw new Error(`hcloud: no ${kind} ${name}`);
  return row;
};

const typed = async (world: Simulated, command: string): Promise<string> => {
  const words = command.split(' ');
  const [noun = '', verb = '', name = ''] = words;
  if (noun === 'zone' && verb === 'rrset') throw new Error(`not simulated: hcloud ${command}`);
  const kind = kindOf(noun);
  const row = await find(world, kind, name);
  const act = (action: string, body: unknown = {}) => world.api('POST', `/${kind}/${row.id}/actions/${action}`, body);
  if (verb === 'disable-protection')
    await act('change_protection', Object.fromEntries(words.slice(3).map((word) => [word, false])));
  else if (verb === 'detach') await act('detach');
  else if (verb === 'poweron') {
    await act('poweron');
    // It boots and becomes a voter again.
    await world.sleep(120_000);
  } else if (verb === 'unassign') await act('unassign');
  else if (verb === 'update') {
    // Whoever takes its name away takes it back.
    if (row.labels.project === undefined) world.makers.set(`${kind}/${row.id}`, somebody);
    await world.api('PUT', `/${kind}/${row.id}`, { name: words[words.indexOf('--name') + 1] });
  } else if (verb === 'remove-from-resource') {
    const server = await find(world, 'servers', words[words.indexOf('--server') + 1] ?? '');
    await act('remove_from_resources', { remove_from: [{ type: 'server', server: { id: server.id } }] });
  } else throw new Error(`nobody can follow: hcloud ${command}`);
  await world.sleep(10_000);
  return `typed hcloud ${command}`;
};
