import type { Environment } from '../../../src/domain/environment.ts';
import type { EnvironmentName } from './project.ts';
import type { Run } from './run.ts';
import type { Thing } from './things.ts';
import { somebody } from './witness.ts';
import type { World } from './world.ts';

/* Looks at a world that has come to rest, by its objects alone. */

/** A run that ended badly, and was not killed, has named what it made and did not remember, so that somebody can find it. */
export const checkNamed = ({ witness, things, bucket, machines }: World, run: Run): void => {
  const code = run.exitCode();
  if (code === undefined || code === 0 || run.process.dead()) return;
  const { environment } = run.who;
  const texts = (bucket.past.get(`${environment}.json`) ?? []).join('');
  const kept = machines.flatMap(({ files }) => [...files.values()]).join('');
  for (const key of witness.madeBy(run.who)) {
    const thing = things.all.get(key);
    if (thing === undefined) continue;
    const known = texts.includes(`"id": "${thing.id}"`) || kept.includes(`"id": "${thing.id}"`);
    const address = thing.labels['address']?.replace('.', '/') ?? thing.name;
    if (!known && !run.said().includes(thing.name) && !run.said().includes(address))
      witness.fail(`${run.who.name} made ${key} (${thing.name}), and neither remembers nor names it:\n${run.said()}`);
  }
};

export const checkStrangers = ({ witness, things }: World): void => {
  for (const [key, maker] of witness.makers) {
    if (maker !== somebody) continue;
    const thing = things.all.get(key);
    if (thing === undefined) witness.fail(`${key} of somebody else is gone`);
    else if (JSON.stringify(thing.labels) !== '{"team":"office"}') witness.fail(`${key} of somebody else was changed`);
  }
};

/** After a clean run that ended well: what is there is what is wanted and what is remembered, once each. */
export const checkTrue = (world: World, name: EnvironmentName, command: 'converge' | 'destroy'): void => {
  const { witness, things, bucket } = world;
  const made = [...things.all].flatMap(([key, thing]) => (witness.makers.get(key) === name ? [thing] : []));
  const own = made.filter(({ kind }) => kind !== 'zone');
  const remembered = JSON.parse(bucket.documents.get(`${name}.json`)?.text ?? '{"resources":{}}').resources as Record<
    string,
    { readonly id: string; readonly kind: string }
  >;
  if (command === 'destroy') {
    if (own.length > 0) witness.fail(`left after the destruction of ${name}: ${own.map(titleOf).join(', ')}`);
    const left = Object.keys(remembered).filter((address) => !address.startsWith('zone/'));
    if (left.length > 0) witness.fail(`remembered after the destruction of ${name}: ${left.join(', ')}`);
    return;
  }
  const ids = new Map(Object.values(remembered).map(({ kind, id }) => [`${kind}/${id}`, true]));
  const addresses = new Set<string>();
  for (const thing of own) {
    const { address, environment, project } = thing.labels;
    if (project === undefined || environment !== name || address === undefined)
      witness.fail(`${titleOf(thing)} of ${name} has lost its labels`);
    else if (addresses.has(address)) witness.fail(`two objects of ${name} have the address ${address}`);
    addresses.add(address ?? '');
    if (!ids.has(`${thing.kind}/${thing.id}`)) witness.fail(`an orphan of ${name}: ${titleOf(thing)}`);
  }
  checkServers(world, name, own);
};

const checkServers = ({ witness, wanted, clusters }: World, name: EnvironmentName, own: readonly Thing[]): void => {
  const { servers, jobs } = wanted.get(name) as Environment;
  const found = own.filter(({ kind }) => kind === 'server');
  if (found.length !== servers.count) witness.fail(`${name} has ${found.length} servers, not ${servers.count}`);
  for (const { name: server, facts } of found) {
    if (facts.status !== 'running') witness.fail(`${server} is ${facts.status}`);
    if (facts.image !== servers.image) witness.fail(`${server} has image ${facts.image}`);
    if (facts.networks.length !== 1) witness.fail(`${server} is in ${facts.networks.length} networks`);
  }
  const cluster = clusters.get(name);
  for (const job of jobs)
    if (cluster?.jobs.get(job.name)?.wanted !== job.count) witness.fail(`job ${job.name} of ${name} is not as wanted`);
};

const titleOf = ({ kind, name, id, labels }: Thing): string => `${kind} ${name} (${id}) ${JSON.stringify(labels)}`;
