import { expect, test } from 'vitest';
import { deliveredFiles } from '../../src/cluster/delivery.ts';
import { isIssuedBy, sameCertificate } from '../../src/cluster/keys/certificates.ts';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import { keysReadBack, readBackPaths } from '../../src/cluster/read-back.ts';
import { trustedCas } from '../../src/domain/cluster-keys.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { ReadFiles } from '../../src/ports/entry.ts';

const given = { clock: createVirtualClock(), random: seededRandom(3) };
const made = (name: string) => makeClusterKeys({ name, ...given });
const identity = { name: 'shop-production-1', privateIp: '10.0.1.11', datacenter: 'production' };

/** As the server has them that took this very delivery. */
const onServer = async (keys: Awaited<ReturnType<typeof made>>): Promise<Record<string, Secret>> => {
  const files = await deliveredFiles(keys, identity, given);
  return Object.fromEntries(
    files.map(({ path, content }) => [path, content instanceof Secret ? content : new Secret(content)]),
  );
};
const messageOf = (files: ReadFiles): string => {
  try {
    keysReadBack([{ server: 'shop-1', files }]);
    return 'read';
  } catch (error) {
    return (error as Error).message;
  }
};

test('what was delivered is read back, and nothing else of the keys lies on a server', async () => {
  const keys = await made('shop');
  const files = await onServer(keys);
  const back = keysReadBack([
    { server: 'shop-1', files },
    { server: 'shop-2', files: await onServer(keys) },
  ]);
  const { management: _lost, provisioner: _ours, ...consul } = keys.consul;
  const plain = (value: unknown) => JSON.stringify(value, (_key, one) => (one instanceof Secret ? one.reveal() : one));
  expect(plain({ ...back, formerCa: back.formerCa.trim() })).toBe(
    plain({ gossip: keys.gossip, consul, formerCa: keys.ca.certificate.trim() }),
  );
  const all = Object.values(files).map((one) => one.reveal());
  for (const secret of [keys.consul.management, keys.nomad.management, keys.ca.key, keys.ssh.privateKey])
    expect(all.join('\n')).not.toContain(secret.reveal());
});

test('a file that is missing or of another shape is named, and a server of another cluster too; never their content', async () => {
  const keys = await made('shop');
  const files = await onServer(keys);
  for (const path of readBackPaths) {
    const { [path]: _gone, ...less } = files;
    expect(messageOf(less)).toBe(`shop-1 has no ${path}: it never became a member of the cluster`);
    expect(messageOf({ ...files, [path]: new Secret('hunter2') })).toMatch(
      new RegExp(`^${path} on shop-1 holds no \\w+ of the shape that is delivered$`),
    );
  }
  const stranger = await onServer(await made('other'));
  expect(() =>
    keysReadBack([
      { server: 'shop-1', files },
      { server: 'shop-2', files: stranger },
    ]),
  ).toThrow('shop-2 does not have the same keys as shop-1: they are not one cluster');
});

test('a certificate is told by who signed it, a trust by whom it holds', async () => {
  const [former, ours] = [await made('former'), await made('ours')];
  const files = await onServer(ours);
  const own = files['/etc/consul.d/tls/server.pem']?.reveal() ?? '';
  expect([isIssuedBy(own, ours.ca.certificate), isIssuedBy(own, former.ca.certificate)]).toEqual([true, false]);
  expect([isIssuedBy('', ours.ca.certificate), isIssuedBy(own.slice(0, 200), ours.ca.certificate)]).toEqual([
    false,
    false,
  ]);
  const both = trustedCas({ ca: ours.ca, recovery: { since: '', formerCa: former.ca.certificate } });
  for (const one of [ours, former]) expect(sameCertificate(`# said first\n${both}`, one.ca.certificate)).toBe(true);
  expect(sameCertificate(trustedCas(ours), former.ca.certificate)).toBe(false);
});
