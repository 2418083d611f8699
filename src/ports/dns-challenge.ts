/** Where we prove a domain to a certificate authority: TXT records below it (RFC 8555 §8.4). */
export interface DnsChallenge {
  /**
   * Adds a value to a name's TXT record, beside values that are there: a wildcard and its domain are proved by two
   * values of one name. `name`: `_acme-challenge.example.com`. Adding what is there is harmless.
   */
  present(name: string, value: string): Promise<void>;
  /** All nameservers of the zone answer with this value; a lookup that fails counts as no. */
  visible(name: string, value: string): Promise<boolean>;
  /** Takes this one value away again; harmless when it is not there. */
  remove(name: string, value: string): Promise<void>;
}
