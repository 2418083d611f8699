import { createHash } from 'node:crypto';
import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import { createSshKeyRequestSchema, sshKeySchema, updateSshKeyRequestSchema } from '../../hetzner/wire/ssh-keys.ts';
import { invalidInput, limitExceeded, uniquenessError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { assertUniqueName, rowOf, updateNameAndLabels } from './shared.ts';

/* docs.hetzner.cloud, SSH keys: name and key are both unique; deleting is never refused. */
const nameTaken = 'SSH key name is already used';
const keyTypes = ['ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-', 'sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-'];

/** MD5 in colon hex over the key's blob; undefined: no OpenSSH public key. The blob repeats the key's type. */
const fingerprintOf = (publicKey: string): string | undefined => {
  const [type = '', blob = ''] = publicKey.trim().split(/\s+/);
  const bytes = Buffer.from(blob, 'base64');
  if (!keyTypes.some((known) => type.startsWith(known)) || bytes.length < 4 + type.length) return undefined;
  if (bytes.subarray(4, 4 + type.length).toString() !== type) return undefined;
  return createHash('md5').update(bytes).digest('hex').match(/../g)?.join(':');
};

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/ssh_keys',
    response: listSchema('ssh_keys', sshKeySchema),
    handle: (context) =>
      list(context, {
        key: 'ssh_keys',
        rows: context.world.sshKeys.all(),
        sort: ['id', 'name'],
        filters: { fingerprint: (key, values) => values.includes(key.fingerprint) },
      }),
  }),
  route({
    method: 'POST',
    path: '/ssh_keys',
    body: createSshKeyRequestSchema,
    response: oneSchema('ssh_key', sshKeySchema),
    handle: ({ world, limits, body, iso }) => {
      const fingerprint = fingerprintOf(body.public_key);
      if (fingerprint === undefined) throw invalidInput({ public_key: ['not a valid OpenSSH public key'] });
      const labels = checkedLabels(body.labels);
      assertUniqueName(world.sshKeys, body.name, undefined, nameTaken);
      if (world.sshKeys.all().some((key) => key.fingerprint === fingerprint))
        throw uniquenessError('SSH key with the same fingerprint already exists', 'public_key');
      if (world.sshKeys.size >= limits.sshKeys) throw limitExceeded('SSH key limit exceeded', 'ssh_key_limit');
      // --- writes begin ---
      const id = world.sshKeys.nextId();
      const { name, public_key } = body;
      return { ssh_key: world.sshKeys.put(id, { id, name, fingerprint, public_key, labels, created: iso() }) };
    },
  }),
  route({
    method: 'GET',
    path: '/ssh_keys/:id',
    response: oneSchema('ssh_key', sshKeySchema),
    handle: (context) => ({ ssh_key: rowOf(context.world.sshKeys, context) }),
  }),
  route({
    method: 'PUT',
    path: '/ssh_keys/:id',
    body: updateSshKeyRequestSchema,
    response: oneSchema('ssh_key', sshKeySchema),
    handle: (context) => {
      const key = rowOf(context.world.sshKeys, context);
      updateNameAndLabels(context.world.sshKeys, key, context.body, nameTaken);
      return { ssh_key: key };
    },
  }),
  route({
    method: 'DELETE',
    path: '/ssh_keys/:id',
    handle: (context) => {
      const key = rowOf(context.world.sshKeys, context);
      // --- writes begin ---
      context.world.sshKeys.delete(key.id);
      return null;
    },
  }),
];
