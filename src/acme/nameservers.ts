import { Resolver } from 'node:dns/promises';

/** Each question gets this long; a nameserver that is slower counts as one that does not answer yet. */
const lookup = { timeout: 3000, tries: 2 };

/**
 * All nameservers of the zone answer `name` with this TXT value. They are asked themselves: a resolver on the way would
 * remember that there was no record, and the authority asks them too.
 */
export const txtVisible = async (zone: string, name: string, value: string): Promise<boolean> => {
  const resolver = new Resolver(lookup);
  const hosts = await orNone(resolver.resolveNs(zone));
  if (hosts.length === 0) return false;
  const answers = await Promise.all(
    hosts.map(async (host) => {
      const addresses = await orNone(resolver.resolve4(host));
      return addresses.length > 0 && (await txtVisibleAt(addresses, name, value));
    }),
  );
  return answers.every(Boolean);
};

/** One nameserver, by its addresses (`192.0.2.1`, or with a port `192.0.2.1:5353`), answers so. */
export const txtVisibleAt = async (addresses: readonly string[], name: string, value: string): Promise<boolean> => {
  const resolver = new Resolver(lookup);
  resolver.setServers(addresses);
  const records = await orNone(resolver.resolveTxt(name));
  return records.some((chunks) => chunks.join('') === value);
};

/** No record, no such name, no answer: to whoever waits for a record it is all "not yet". */
const orNone = async <T>(question: Promise<T[]>): Promise<T[]> => {
  try {
    return await question;
  } catch {
    return [];
  }
};
