import { certificateOf, renewCertificates } from '../acme/renew.ts';
import { certificatesDue } from '../domain/certificates-due.ts';
import type { Environment } from '../domain/environment.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import type { DeliveredFile, Machines, MachineTarget } from '../ports/machines.ts';
import { type CertificatesDocument, changeCertificates, readCertificates } from '../statefile/certificates-document.ts';
import type { Context } from './context.ts';
import { hetznerChallenge } from './dns-challenge.ts';

/** The certificate of `tls: acme-dns`: ordered by us, handed to every Caddy. Nothing to do in other modes. */
export interface IngressCertificates {
  load(): Promise<void>;
  /** Sentences about what the next converge has to do; empty when all is well. Of what was loaded. */
  due(servers: readonly string[]): readonly string[];
  /** For a server that boots; nothing as long as there is no certificate. */
  files(): Promise<readonly DeliveredFile[]>;
  /** Orders what is due and hands it to those who lack it. */
  ensure(servers: readonly MachineTarget[], waiting: Waiting): Promise<void>;
}

export const ingressCertificates = (
  context: Context,
  environment: Environment,
  machines: Machines,
): IngressCertificates => {
  const { store, sealer, config, clock, reporter, onSecret, cloud } = context;
  const whose = { store, sealer, project: config.project };
  // On shared servers it is the host's matter.
  const used = environment.tls === 'acme-dns' && environment.host === undefined;
  let document: CertificatesDocument = { handed: {} };
  const take = (next: CertificatesDocument): CertificatesDocument => {
    document = next;
    const { acme } = next;
    if (acme !== undefined)
      for (const secret of [acme.accountKey, ...Object.values(acme.certificates).map(({ key }) => key)])
        onSecret(secret);
    return next;
  };
  const change = async (how: (before: CertificatesDocument) => CertificatesDocument) =>
    take(await changeCertificates(whose, how));
  /** Until when the certificate lasts: tells one from the next. */
  const mark = (): string | undefined => certificateOf(document.acme, environment)?.notAfter;
  const lacking = (servers: readonly string[]): string[] => {
    const present = mark();
    return present === undefined ? [] : servers.filter((server) => document.handed[server] !== present);
  };
  const files = (): readonly DeliveredFile[] => {
    const own = certificateOf(document.acme, environment);
    if (!used || own === undefined) return [];
    const readers = { mode: '0640', owner: 'root:caddy' };
    return [
      { path: '/etc/caddy/tls/certificate.pem', ...readers, content: own.certificate },
      { path: '/etc/caddy/tls/key.pem', ...readers, content: own.key },
    ];
  };
  return {
    load: async () => {
      if (used) take(await readCertificates(whose));
    },
    due: (servers) => {
      if (!used) return [];
      const orders = certificatesDue(document.acme, environment, clock.now());
      if (orders.length > 0) return orders.map(({ names, because }) => `for ${names.join(', ')}: ${because}`);
      const without = lacking(servers);
      return without.length === 0 ? [] : [`${without.join(', ')} did not get the newest one yet`];
    },
    files: async () => files(),
    ensure: async (servers, { progress }) => {
      if (!used) return;
      take(await readCertificates(whose));
      if (certificatesDue(document.acme, environment, clock.now()).length > 0) {
        progress(`a certificate for ${environment.domain}, ordered at the authority`);
        await renewCertificates(document.acme, {
          environment,
          dns: hetznerChallenge(cloud, clock, environment),
          clock,
          warn: (text) => reporter.notice(text),
          save: async (acme) => void (await change((before) => ({ ...before, acme }))),
        });
      }
      const present = mark();
      const without = new Set(lacking(servers.map(({ name }) => name)));
      for (const target of servers.filter(({ name }) => without.has(name))) {
        await machines.deliver(target, files());
        await change((before) => ({ ...before, handed: { ...before.handed, [target.name]: present ?? '' } }));
      }
    },
  };
};
