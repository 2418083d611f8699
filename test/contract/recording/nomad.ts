import { createSchedulerAccess } from '../../../src/nomad/access.ts';
import { spec } from './job.ts';
import { nomad, type Scene, until } from './scene.ts';

const addressOf = ({ peers }: Scene): string => `https://${peers.targets[0]?.privateIp}:4646`;
const adapter = (scene: Scene, topic: string) =>
  createSchedulerAccess({
    fetch: scene.recorder.through('nomad', topic),
    address: addressOf(scene),
    token: scene.keys.nomad.management,
  });

/** Asks without being recorded. */
const unseen = (scene: Scene) => {
  const target = scene.peers.targets[0];
  if (target === undefined) throw new Error('there is no server');
  const fetch = scene.peers.machines.fetchThrough(target);
  return createSchedulerAccess({ fetch, address: addressOf(scene), token: scene.keys.nomad.management });
};

export const recordNomadAccess = async (scene: Scene): Promise<void> => {
  const { recorder, keys } = scene;
  const ask = (title: string, path: string, call = {}) => recorder.ask('nomad', 'access-refused', title, path, call);
  await until('leader of Nomad', async () => (await nomad(scene).leader()) !== null);
  await ask('an unknown token before the bootstrap', '/v1/acl/token/self', { token: 'unknown' });
  await ask('a bootstrap secret that is no UUID', '/v1/acl/bootstrap', {
    method: 'PUT',
    body: { BootstrapSecret: 'x' },
  });
  await adapter(scene, 'access-set-up').bootstrap(keys.nomad.management);
  const management = { token: 'management' };
  await ask('a policy that does not exist', '/v1/acl/policy/nobody', management);
  // Unseen, so that the deployer's secret is known before anything with it is written down.
  const secret = await unseen(scene).deployer(null);
  recorder.learn(secret.reveal(), 'deployer');
  await adapter(scene, 'access-again').bootstrap(keys.nomad.management);
  await adapter(scene, 'access-again').deployer(secret);
  await adapter(scene, 'access-lost-reply').deployer(null);
  await ask('an unknown token after the bootstrap', '/v1/acl/token/self', { token: 'unknown' });
  await ask('a second bootstrap', '/v1/acl/bootstrap', {
    method: 'PUT',
    body: { BootstrapSecret: '11111111-2222-4333-8444-555555555555' },
  });
  await ask('a policy that is no HCL', '/v1/acl/policy/broken', {
    ...management,
    method: 'POST',
    body: { Name: 'broken', Rules: 'namespace' },
  });
  await ask('a policy is written, and answered with nothing', '/v1/acl/policy/spare', {
    ...management,
    method: 'POST',
    body: { Name: 'spare', Description: '', Rules: 'node { policy = "read" }' },
  });
  await ask('the deployer lists tokens', '/v1/acl/tokens', { token: 'deployer' });
  await ask('the deployer purges a node', '/v1/node/22222222-2222-4333-8444-555555555555/purge', {
    method: 'POST',
    token: 'deployer',
  });
};

/** A job's life through the adapter, then each read once more by us and by nobody. */
export const recordNomadJobs = async (scene: Scene): Promise<void> => {
  const { recorder } = scene;
  const secret = { token: 'deployer' } as const;
  const ask = (title: string, path: string, call = {}) => recorder.ask('nomad', 'jobs', title, path, call);
  await ask('a job that is not there', '/v1/job/nope', secret);
  await ask('allocations of a job that is not there', '/v1/job/nope/allocations', secret);
  await ask('stopping a job that is not there', '/v1/job/nope?purge=true', { ...secret, method: 'DELETE' });
  const parse = { ...secret, method: 'POST' };
  await ask('no specification', '/v1/jobs/parse', { ...parse, body: { JobHCL: '' } });
  await ask('a specification that is wrong', '/v1/jobs/parse', {
    ...parse,
    body: { JobHCL: 'job "web" {\n  cuont = 1\n}\n' },
  });
  const { body: job } = await ask('a specification', '/v1/jobs/parse', {
    ...parse,
    body: { JobHCL: spec, Variables: 'port_label = "http"\n', Canonicalize: true },
  });
  const plan = () => ask('a plan', '/v1/job/web/plan', { ...secret, method: 'POST', body: { Job: job, Diff: true } });
  const register = (title: string, index: number) =>
    ask(title, '/v1/jobs', {
      ...secret,
      method: 'POST',
      body: { Job: job, EnforceIndex: true, JobModifyIndex: index },
    });
  await plan();
  await register('registered against a job that is not there', 7);
  await register('registered', 0);
  await register('registered as new where the job exists', 0);
  await register('registered against another index', 999_999);
  await until('healthy job', async () => (await nomad(scene).health('web', 0)).state === 'healthy');
  await plan();
  for (const path of ['', '/allocations', '/deployments', '/deployment', '/evaluations', '/summary'])
    await ask(`the job: ${path}`, `/v1/job/web${path}`, secret);
  await ask('all jobs', '/v1/jobs?meta=true', secret);
};

export const recordNomadReads = async (scene: Scene): Promise<void> => {
  const { recorder } = scene;
  const [node] = await nomad(scene).nodes();
  const paths = [
    '/v1/status/leader',
    '/v1/status/peers',
    '/v1/operator/autopilot/health',
    '/v1/operator/raft/configuration',
    '/v1/agent/members',
    '/v1/agent/health',
    '/v1/nodes',
    `/v1/node/${node?.id}`,
    '/v1/node/22222222-2222-4333-8444-555555555555',
    '/v1/jobs?meta=true',
    '/v1/job/web',
    '/v1/job/web/allocations',
    '/v1/acl/policies',
    '/v1/acl/tokens',
    '/.well-known/jwks.json',
  ];
  for (const token of ['deployer', 'none', 'unknown'] as const)
    for (const path of paths) await recorder.ask('nomad', `reads-${token}`, `${token} reads ${path}`, path, { token });
  for (const [method, path, body] of [
    ['POST', '/v1/jobs/parse', { JobHCL: 'job "web" {}' }],
    ['POST', '/v1/jobs', { Job: await stored(scene) }],
    ['DELETE', '/v1/job/web', undefined],
  ] as const)
    await recorder.ask('nomad', 'reads-none', `anonymous: ${method} ${path}`, path, { method, body });
};

/** Variables of a job, as its deployer writes them. */
export const recordNomadVariables = async ({ recorder }: Scene): Promise<void> => {
  const path = '/v1/var/nomad/jobs/web';
  const ask = (title: string, where: string, call = {}) => recorder.ask('nomad', 'variables', title, where, call);
  const put = (cas: number | string, value: string) => ({
    title: `?cas=${cas}`,
    where: `${path}?cas=${cas}`,
    call: { token: 'deployer', method: 'PUT', body: { Path: 'nomad/jobs/web', Items: { A_KEY: value } } },
  });
  await ask('a variable that is not there', path, { token: 'deployer' });
  const first = put(0, 'one');
  const { body: made } = await ask('made, as nothing was there', first.where, first.call);
  await ask('made as new where it exists', first.where, first.call);
  const second = put(made.ModifyIndex, 'two');
  await ask('written over the version that was read', second.where, second.call);
  await ask('written over a version that is gone', second.where, second.call);
  await ask('read', path, { token: 'deployer' });
  await ask('listed', '/v1/vars?prefix=nomad/jobs', { token: 'deployer' });
  await ask('anonymous reads', path);
  await ask('the deployer writes elsewhere', '/v1/var/other', {
    token: 'deployer',
    method: 'PUT',
    body: { Path: 'other', Items: { a: 'b' } },
  });
  await ask('deleted', path, { token: 'deployer', method: 'DELETE' });
  await ask('deleted again', path, { token: 'deployer', method: 'DELETE' });
};

export const recordNomadStop = async ({ recorder }: Scene): Promise<void> => {
  const call = { token: 'deployer', method: 'DELETE' } as const;
  await recorder.ask('nomad', 'jobs', 'stopped and purged', '/v1/job/web?purge=true', call);
};

/** Parts of one Nomad for previews: made, found, used by the deployer, and gone. */
export const recordNomadNamespaces = async (scene: Scene): Promise<void> => {
  const { recorder } = scene;
  const topic = 'namespaces';
  const ask = (title: string, path: string, call = {}) => recorder.ask('nomad', topic, title, path, call);
  const management = { token: 'management' } as const;
  const deployer = { token: 'deployer' } as const;
  const make = (name: string) => ({ Name: name, Description: '', Meta: { project: 'shop', environment: name } });
  await ask('the deployer sees default alone', '/v1/namespaces', deployer);
  await adapter(scene, topic).deployer(await unseen(scene).deployer(null), true);
  await adapter(scene, topic).ensureNamespace({
    ...{ name: 'pr-7', description: 'preview pr-7 of shop', project: 'shop', environment: 'pr-7', run: 'r1' },
  });
  await ask('another one', '/v1/namespace/pr-8', { ...management, method: 'POST', body: make('pr-8') });
  await ask('one that is no preview', '/v1/namespace/team', { ...management, method: 'POST', body: make('team') });
  await ask('a name that is none', '/v1/namespace/pr_7', { ...management, method: 'POST', body: make('pr_7') });
  await ask('another name than the path', '/v1/namespace/pr-9', { ...management, method: 'POST', body: make('pr-8') });
  await ask('the deployer makes one', '/v1/namespace/pr-9', { ...deployer, method: 'POST', body: make('pr-9') });
  await ask('one that is not there', '/v1/namespace/pr-9', management);
  for (const token of ['management', 'deployer', 'none', 'unknown'] as const)
    await ask(`${token} lists them`, '/v1/namespaces', { token });
  await ask('the deployer reads one', '/v1/namespace/pr-7', deployer);
  await ask('the deployer reads one that is not its', '/v1/namespace/team', deployer);

  const { body: parsed } = await ask('parsed for a namespace', '/v1/jobs/parse?namespace=pr-7', {
    ...{ ...deployer, method: 'POST' },
    body: { JobHCL: spec, Variables: 'port_label = "http"\n', Canonicalize: true },
  });
  const job = { ...parsed, Namespace: 'pr-7' };
  const register = { ...deployer, method: 'POST', body: { Job: job } };
  await ask('planned', '/v1/job/web/plan?namespace=pr-7', { ...register, body: { Job: job, Diff: true } });
  await ask('registered', '/v1/jobs?namespace=pr-7', register);
  await ask('registered where there is no namespace', '/v1/jobs?namespace=pr-9', {
    ...register,
    body: { Job: { ...job, Namespace: 'pr-9' } },
  });
  await ask('registered where it may not', '/v1/jobs?namespace=team', {
    ...register,
    body: { Job: { ...job, Namespace: 'team' } },
  });
  const inside = nomad(scene, 'pr-7');
  await until('healthy job of a preview', async () => (await inside.health('web', 0)).state === 'healthy');
  await adapter(scene, topic).markUsed('pr-7', 'web');
  await adapter(scene, topic).markUsed('pr-7', 'web');
  await ask('the same name elsewhere is no job', '/v1/job/web?namespace=pr-8', deployer);
  await ask('nor in default', '/v1/job/web', deployer);
  for (const namespace of ['pr-7', 'pr-8', 'pr-9', 'team', '*'])
    await ask(`jobs of ${namespace}`, `/v1/jobs?meta=true&namespace=${namespace}`, deployer);
  await ask('nobody lists all', '/v1/jobs?namespace=*');
  await ask('deleted with a job in it', '/v1/namespace/pr-7', { ...management, method: 'DELETE' });

  const at = (namespace: string): string => `/v1/var/nomad/jobs/web?namespace=${namespace}`;
  const put = { ...deployer, method: 'PUT', body: { Items: { A_KEY: 'one' } } };
  await ask('a variable', `${at('pr-7')}&cas=0`, put);
  await ask('its path in another namespace is empty', at('pr-8'), deployer);
  await ask('a variable where it may not', `${at('team')}&cas=0`, put);
  await ask('variables of all namespaces', '/v1/vars?namespace=*', deployer);
  await ask('stopped and purged', '/v1/job/web?namespace=pr-7&purge=true', { ...deployer, method: 'DELETE' });
  await ask('deleted with a variable in it', '/v1/namespace/pr-7', { ...management, method: 'DELETE' });
  await adapter(scene, topic).removeNamespace('pr-7');
  await ask('deleted again', '/v1/namespace/pr-7', { ...management, method: 'DELETE' });
  await ask('the deployer deletes one', '/v1/namespace/pr-8', { ...deployer, method: 'DELETE' });
  // Nothing of it is told by the node any more, but by what was kept; a node's answers are too long to be written down.
  const use = await unseen(scene).nodeUse(await nomad(scene).nodes());
  if (!use.some(({ used, busy }) => used && !busy)) throw new Error('no node tells that a preview was on it');
  for (const name of ['pr-8', 'team'])
    await ask(`${name} goes`, `/v1/namespace/${name}`, { ...management, method: 'DELETE' });
};

const stored = async ({ peers, keys }: Scene): Promise<unknown> => {
  const target = peers.targets[0];
  if (target === undefined) throw new Error('there is no server');
  const headers = { 'x-nomad-token': keys.nomad.management.reveal() };
  const url = `https://${target.privateIp}:4646/v1/job/web`;
  return (await peers.machines.fetchThrough(target)(new Request(url, { headers }))).json();
};
