import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Certificate } from '../../hetzner/wire/certificates.ts';
import type { LoadBalancer } from '../../hetzner/wire/load-balancers.ts';
import { isoOf } from '../context.ts';
import type { World } from '../world.ts';
import type { ArchiveFile } from './archive.ts';
import { managedPem } from './balancer-ca.ts';
import { certificateFolder } from './balancer-config.ts';

/**
 * The PEM files of a load balancer's https services. A managed certificate that is still being issued has none; HAProxy
 * wants at least one per service, so such a service gets one that is made for no name.
 */
export const certificateFiles = async (
  world: World,
  directory: string,
  balancer: LoadBalancer,
  now: number,
): Promise<ArchiveFile[]> => {
  const files: ArchiveFile[] = [];
  for (const { protocol, listen_port, http } of balancer.services) {
    if (protocol !== 'https') continue;
    const pems = await Promise.all(
      (http?.certificates ?? []).map(async (id) => ({ id, pem: await pemOf(world, directory, id, now) })),
    );
    const issued = pems.filter(({ pem }) => pem !== undefined);
    const shown = issued.length > 0 ? issued : [{ id: 0, pem: await waitingPem(directory, now) }];
    for (const { id, pem } of shown)
      files.push({
        path: `${certificateFolder(listen_port)}/${id}.pem`,
        content: pem ?? '',
        mode: 0o600,
      });
  }
  return files;
};

const fileOf = (directory: string, id: number): string => join(directory, 'certificates', `${id}.pem`);
const waitingPem = (directory: string, now: number): Promise<string> =>
  managedPem(directory, fileOf(directory, 0), ['not-issued.invalid'], now);

/** Undefined: not issued (yet), or its key is not known to this world. */
const pemOf = async (world: World, directory: string, id: number, now: number): Promise<string | undefined> => {
  const certificate = world.certificates.get(id);
  if (certificate === undefined) return undefined;
  if (certificate.type === 'uploaded') {
    const key = world.state.certificateKeys?.[id];
    return key === undefined ? undefined : `${certificate.certificate?.trim()}\n${key.trim()}\n`;
  }
  if (certificate.status?.issuance !== 'completed') return undefined;
  const pem = await managedPem(directory, fileOf(directory, id), certificate.domain_names, now);
  tellTruth(certificate, pem);
  return pem;
};

/** The API shows what is really served, instead of the text that stands for a certificate where nothing is. */
const tellTruth = (row: Certificate, pem: string): void => {
  const shown = pem.replace(/-----BEGIN PRIVATE KEY-----[\s\S]*$/, '');
  if (row.certificate === shown) return;
  const parsed = new X509Certificate(shown);
  row.certificate = shown;
  row.fingerprint = parsed.fingerprint256;
  row.not_valid_before = isoOf(Date.parse(parsed.validFrom));
  row.not_valid_after = isoOf(Date.parse(parsed.validTo));
};
