import { createCatalogAccess } from '../../../src/consul/access.ts';
import { type Scene, until } from './scene.ts';

const adapters = ({ recorder, peers, keys }: Scene, topic: string) =>
  createCatalogAccess({
    fetch: recorder.through('consul', topic),
    address: `https://${peers.targets[0]?.privateIp}:8501`,
    token: keys.consul.management,
  });

/** The access control, from nothing to set up twice, with what is refused on the way. */
export const recordConsulAccess = async (scene: Scene): Promise<void> => {
  const { recorder, keys } = scene;
  const ask = (title: string, path: string, call = {}) => recorder.ask('consul', 'access-refused', title, path, call);
  await ask('an unknown token before the bootstrap', '/v1/acl/token/self', { token: 'unknown' });
  await adapters(scene, 'access-set-up').bootstrap(keys.consul.management);
  await adapters(scene, 'access-set-up').tokens(keys.consul);
  await ask('an unknown token after the bootstrap', '/v1/acl/token/self', { token: 'unknown' });
  await ask('an unknown token lists tokens', '/v1/acl/tokens', { token: 'unknown' });
  await ask('a second bootstrap', '/v1/acl/bootstrap', {
    method: 'PUT',
    body: { BootstrapSecret: '11111111-2222-4333-8444-555555555555' },
  });
  const management = { token: 'management', method: 'PUT' };
  await ask('a policy whose name exists', '/v1/acl/policy', { ...management, body: { Name: 'agent', Rules: '' } });
  await ask('a policy that is no HCL', '/v1/acl/policy', {
    ...management,
    body: { Name: 'broken', Rules: 'operator' },
  });
  await ask('a token whose secret exists', '/v1/acl/token', {
    ...management,
    body: { SecretID: keys.consul.agent.reveal(), Policies: [{ Name: 'agent' }] },
  });
  await ask('a token with a policy that does not exist', '/v1/acl/token', {
    ...management,
    body: { Policies: [{ Name: 'nobody' }] },
  });
  await ask('a login method whose keys can not be fetched', '/v1/acl/auth-method', {
    ...management,
    body: {
      Name: 'unreachable',
      Type: 'jwt',
      Config: { JWKSURL: 'https://127.0.0.1:1/jwks.json', JWTSupportedAlgs: ['RS256'], BoundAudiences: ['consul.io'] },
    },
  });
  await adapters(scene, 'access-again').bootstrap(keys.consul.management);
  await adapters(scene, 'access-again').tokens(keys.consul);
};

export const recordWorkloads = async (scene: Scene): Promise<void> => {
  const { peers, keys } = scene;
  const jwksUrl = `https://${peers.targets[0]?.privateIp}:4646/.well-known/jwks.json`;
  const identity = { jwksUrl, jwksCa: keys.ca.certificate };
  await until('login method', async () => {
    await adapters(scene, 'access-set-up').workloads(identity);
    return true;
  });
  await adapters(scene, 'access-again').workloads(identity);
};

/** What jobs of previews log in by: made, and left alone the second time. */
export const recordPreviewLogins = async (scene: Scene): Promise<void> => {
  const { peers, keys } = scene;
  const jwksUrl = `https://${peers.targets[0]?.privateIp}:4646/.well-known/jwks.json`;
  const identity = { jwksUrl, jwksCa: keys.ca.certificate, previews: true };
  for (const topic of ['previews', 'previews-again']) await adapters(scene, topic).workloads(identity);
};

/** What each of us reads, and what anonymous callers and the others get. */
export const recordConsulReads = async ({ recorder }: Scene): Promise<void> => {
  const paths = [
    '/v1/status/leader',
    '/v1/status/peers',
    '/v1/operator/autopilot/health',
    '/v1/operator/raft/configuration',
    '/v1/agent/members',
    '/v1/catalog/nodes',
    '/v1/catalog/services',
    '/v1/catalog/service/web',
    '/v1/health/service/web?passing',
    '/v1/health/service/web',
    '/v1/health/service/nobody',
    '/v1/kv/nobody',
    '/v1/acl/policies',
    '/v1/acl/tokens',
    '/v1/acl/token/self',
  ];
  const few = [
    '/v1/operator/autopilot/health',
    '/v1/agent/self',
    '/v1/catalog/services',
    '/v1/health/service/web?passing',
    '/v1/acl/tokens',
    '/v1/acl/token/self',
  ];
  for (const token of ['provisioner', 'none', 'ingress', 'nomad', 'agent'] as const)
    for (const path of ['provisioner', 'none'].includes(token) ? paths : few)
      await recorder.ask('consul', `reads-${token}`, `${token} reads ${path}`, path, { token });
  await recorder.ask('consul', 'reads-none', 'anonymous registers a service', '/v1/agent/service/register', {
    method: 'PUT',
    body: { Name: 'intruder' },
  });
  await recorder.ask('consul', 'reads-provisioner', 'the provisioner makes a token', '/v1/acl/token', {
    method: 'PUT',
    token: 'provisioner',
    body: { Policies: [{ Name: 'global-management' }] },
  });
};
