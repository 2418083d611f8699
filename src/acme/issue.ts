import { X509Certificate } from 'node:crypto';
import type { AcmeConfig } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { DnsChallenge } from '../ports/dns-challenge.ts';
import { type Client, loadAcme, type Order } from './client.ts';
import { whileProved } from './prove.ts';
import { withTransport } from './transport.ts';
import { waitUntil } from './wait.ts';

export interface Account {
  readonly key: Secret;
  /** Known from the first order on. */
  readonly url?: string;
}

export interface Ordering {
  readonly acme: AcmeConfig;
  readonly account: Account;
  readonly dns: DnsChallenge;
  readonly clock: Clock;
  readonly warn: (text: string) => void;
}

export interface Issued {
  readonly accountUrl: string;
  /** PEM: the certificate and what leads to the authority's root. */
  readonly certificate: string;
  readonly key: Secret;
  /** ISO 8601. */
  readonly notAfter: string;
}

/** Let's Encrypt validates and signs within seconds; on a bad day within minutes. */
const orderWithinMs = 5 * 60_000;

/** Orders a certificate for these names and proves them through DNS. Throws Failure with what the authority said. */
export const issueCertificate = async (names: readonly string[], ordering: Ordering): Promise<Issued> => {
  const acme = await loadAcme();
  const { account, clock } = ordering;
  return withTransport(acme.axios, ordering.acme, async () => {
    const client = new acme.Client({
      directoryUrl: ordering.acme.directory,
      accountKey: account.key.reveal(),
      ...(account.url !== undefined && { accountUrl: account.url }),
    });
    try {
      if (account.url === undefined) await register(client, ordering.acme);
      const order = await client.createOrder({ identifiers: names.map((value) => ({ type: 'dns', value })) });
      const ready = await whileProved({ client, ...ordering }, await client.getAuthorizations(order), () =>
        settled(client, clock, order, ['ready', 'valid']),
      );
      const [key, csr] = await acme.crypto.createCsr(
        { altNames: [...names] },
        await acme.crypto.createPrivateEcdsaKey(),
      );
      await client.finalizeOrder(ready, csr);
      const certificate = await client.getCertificate(await settled(client, clock, order, ['valid']));
      return {
        accountUrl: client.getAccountUrl(),
        certificate,
        key: new Secret(key.toString()),
        notAfter: new Date(new X509Certificate(certificate).validTo).toISOString(),
      };
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw refused(names, ordering.acme, error);
    }
  });
};

export const newAccountKey = async (): Promise<Secret> => {
  const acme = await loadAcme();
  return new Secret((await acme.crypto.createPrivateEcdsaKey()).toString());
};

const register = (client: Client, { email }: AcmeConfig) =>
  client.createAccount({ termsOfServiceAgreed: true, ...(email !== undefined && { contact: [`mailto:${email}`] }) });

/** Waits until the order has one of these states; `invalid` is told with the authority's reason for each name. */
const settled = async (client: Client, clock: Clock, order: Order, wanted: readonly string[]): Promise<Order> => {
  let current = order;
  await waitUntil(
    clock,
    orderWithinMs,
    async () => {
      current = await client.getOrder(order);
      if (current.status === 'invalid') throw new Error(await reasonsOf(client, current));
      return wanted.includes(current.status);
    },
    { message: 'the certificate authority does not finish the order', next: 'run the same command again later' },
  );
  return current;
};

const reasonsOf = async (client: Client, order: Order): Promise<string> => {
  const reasons = (await client.getAuthorizations(order)).flatMap(({ identifier, challenges }) =>
    challenges.flatMap(({ error }) => (error === undefined ? [] : [`${identifier.value}: ${detailOf(error)}`])),
  );
  return reasons.length === 0 ? 'the order became invalid' : reasons.join('; ');
};

/** An ACME problem document (RFC 8555 §6.7). */
const detailOf = (problem: object): string => {
  const { detail, type } = problem as { detail?: unknown; type?: unknown };
  return String(detail ?? type ?? 'no reason given');
};

const refused = (names: readonly string[], { directory }: AcmeConfig, cause: unknown): Failure => {
  const said = cause instanceof Error ? cause.message : String(cause);
  const limited = /rateLimited|too many/i.test(said);
  return new Failure(`no certificate for ${names.join(', ')} from ${directory}: ${said}`, {
    next: limited
      ? "wait as long as it says, or set acme.directory to Let's Encrypt's staging for trying things"
      : 'correct what it says, then run the same command again',
    cause,
  });
};
