import { createHash } from 'node:crypto';
import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import {
  type Certificate,
  certificateSchema,
  createCertificateRequestSchema,
  createCertificateResponseSchema,
  updateCertificateRequestSchema,
} from '../../hetzner/wire/certificates.ts';
import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import { type Context, isoOf, type Kit } from '../context.ts';
import { effectKind } from '../effects.ts';
import { ActionFailure, limitExceeded, resourceInUse, unsupported } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { actionRoutes } from './actions.ts';
import { checkedDomains, issuanceProblem, uploadedOf, usedBy } from './certificate-rules.ts';
import { assertUniqueName, checkedName, rowOf, updateNameAndLabels } from './shared.ts';

/** Let's Encrypt certificates live 90 days. */
const lifetimeMs = 90 * 24 * 3_600_000;

/** The issued certificate is text that no TLS library would take: nothing here terminates TLS with it. */
const pemOf = (certificate: Certificate, issued: string): string => {
  const text = `emulated certificate ${certificate.id} for ${certificate.domain_names.join(', ')}, issued ${issued}`;
  const lines =
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
};
const fingerprintOf = (pem: string): string =>
  (createHash('sha256').update(pem).digest('hex').toUpperCase().match(/../g) ?? []).join(':');

const issue = effectKind('certificate.issue', (kit, { id }: { id: number }) => {
  const certificate = kit.world.certificates.get(id);
  if (certificate === undefined) return;
  const error = issuanceProblem(kit, certificate.domain_names);
  if (error !== null) {
    certificate.status = { issuance: 'failed', renewal: 'unavailable', error };
    throw new ActionFailure(error.code, error.message);
  }
  certificate.certificate = pemOf(certificate, kit.iso());
  certificate.fingerprint = fingerprintOf(certificate.certificate);
  certificate.not_valid_before = kit.iso();
  certificate.not_valid_after = isoOf(kit.now() + lifetimeMs);
  certificate.status = { issuance: 'completed', renewal: 'scheduled', error: null };
});
export const effects = [issue];

const view = (kit: Kit, certificate: Certificate): Certificate => ({
  ...certificate,
  used_by: usedBy(kit, certificate.id),
});

const create = (context: Context<ReturnType<typeof createCertificateRequestSchema.parse>>) => {
  const { world, body, limits } = context;
  const name = checkedName(body.name);
  assertUniqueName(world.certificates, name);
  const labels = checkedLabels(body.labels);
  const managed = body.type === 'managed';
  const content = managed
    ? {
        certificate: null,
        not_valid_before: null,
        not_valid_after: null,
        domain_names: checkedDomains(body.domain_names),
        fingerprint: null,
      }
    : uploadedOf(body.certificate, body.private_key);
  if (world.certificates.size >= limits.certificates)
    throw limitExceeded('certificate limit exceeded', 'certificate_limit');
  // --- writes begin ---
  const id = world.certificates.nextId();
  if (!managed && body.private_key !== undefined)
    world.state.certificateKeys = { ...world.state.certificateKeys, [id]: body.private_key };
  const certificate = world.certificates.put(id, {
    id,
    name,
    labels,
    type: managed ? 'managed' : 'uploaded',
    ...content,
    created: context.iso(),
    status: managed ? { issuance: 'pending', renewal: 'unavailable', error: null } : null,
    used_by: [],
  });
  const resources = [{ id, type: 'certificate' }];
  const action = managed
    ? context.actions.start({ command: 'create_certificate', resources, effect: issue.of({ id }) })
    : null;
  return { certificate: view(context, certificate), action };
};

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/certificates',
    response: listSchema('certificates', certificateSchema),
    handle: (context) =>
      list(context, {
        key: 'certificates',
        rows: context.world.certificates.all(),
        sort: ['id', 'name', 'created'],
        filters: { type: (certificate, values) => values.includes(certificate.type) },
        view: (certificate) => view(context, certificate),
      }),
  }),
  route({
    method: 'POST',
    path: '/certificates',
    body: createCertificateRequestSchema,
    response: createCertificateResponseSchema,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/certificates/:id',
    response: oneSchema('certificate', certificateSchema),
    handle: (context) => ({ certificate: view(context, rowOf(context.world.certificates, context)) }),
  }),
  route({
    method: 'PUT',
    path: '/certificates/:id',
    body: updateCertificateRequestSchema,
    response: oneSchema('certificate', certificateSchema),
    handle: (context) => {
      const certificate = rowOf(context.world.certificates, context);
      updateNameAndLabels(context.world.certificates, certificate, context.body);
      return { certificate: view(context, certificate) };
    },
  }),
  // A used one is refused (believed: resource_in_use).
  route({
    method: 'DELETE',
    path: '/certificates/:id',
    handle: (context) => {
      const certificate = rowOf(context.world.certificates, context);
      context.actions.assertFree('certificate', certificate.id);
      if (usedBy(context, certificate.id).length > 0)
        throw resourceInUse(`certificate with ID ${certificate.id} is still in use`);
      // --- writes begin ---
      context.world.certificates.delete(certificate.id);
      const { [certificate.id]: _gone, ...keys } = context.world.state.certificateKeys ?? {};
      context.world.state.certificateKeys = keys;
      return null;
    },
  }),
  // Only a failed issuance can be tried again (hcloud cli test/e2e: `certificate not retryable`).
  route({
    method: 'POST',
    path: '/certificates/:id/actions/retry',
    response: actionResponseSchema,
    handle: (context) => {
      const certificate = rowOf(context.world.certificates, context);
      context.actions.assertFree('certificate', certificate.id);
      if (certificate.status?.issuance !== 'failed') throw unsupported('certificate not retryable');
      // --- writes begin ---
      certificate.status = { ...certificate.status, issuance: 'pending', error: null };
      const { id } = certificate;
      const resources = [{ id, type: 'certificate' }];
      return { action: context.actions.start({ command: 'issue_certificate', resources, effect: issue.of({ id }) }) };
    },
  }),
  ...actionRoutes('/certificates', 'certificate', (context) => rowOf(context.world.certificates, context).id),
];
