import { isIP, isIPv4 } from 'node:net';
import { Failure, UsageError } from '../domain/errors.ts';
import { canonicalCidr, parseCidr } from '../domain/ip.ts';
import type { Fetch } from '../ports/machines.ts';
import type { Context } from './context.ts';

/*
 * ipify.org, "API usage": the first has only an IPv4 address and so sees ours, the second only an IPv6 one; each answers
 * with the caller's address as plain text. Servers are reached by IPv4 wherever the runner has it.
 */
const services = ['https://api.ipify.org', 'https://api6.ipify.org'] as const;
const serviceMs = 10_000;
/** An IPv6 address has 45 characters at most. */
const answerMax = 64;

export interface AddressSources extends Pick<Context, 'env' | 'callerAddress'> {
  /** Left out: the network. */
  readonly fetch?: Fetch;
}

/**
 * Whom a rule lets in, as the range of one address: the one given, RECONCILE_RUNNER_ADDRESS, what an emulated cloud sees
 * of us, or what a service on the internet does (RECONCILE_ADDRESS_SERVICE names another one).
 */
export const runnerAddress = async (
  sources: AddressSources,
  given: string | null,
  option: '--allow-runner' | '--address' = '--allow-runner',
): Promise<string> => {
  const { env } = sources;
  if (given !== null) return rangeOf(given, option);
  const set = env['RECONCILE_RUNNER_ADDRESS']?.trim() ?? '';
  if (set !== '') return rangeOf(set, 'RECONCILE_RUNNER_ADDRESS');
  const seen = await sources.callerAddress();
  return seen === undefined ? askServices(sources) : rangeOf(seen, 'the emulated cloud');
};

/** One address and no range: whoever shares a network with the runner is not let in. */
const rangeOf = (text: string, from: string): string => {
  const address = /^([^/]+)(?:\/(?:32|128))?$/.exec(text)?.[1] ?? '';
  const cidr = isIP(address) === 0 ? undefined : parseCidr(`${address}/${isIPv4(address) ? 32 : 128}`);
  if (cidr !== undefined) return canonicalCidr(cidr);
  throw new UsageError(`${from} names no single IP address: ${JSON.stringify(text.slice(0, answerMax))}`, {
    next: `write one address, like ${from.startsWith('--') ? `${from} ` : ''}203.0.113.7 or 2001:db8::7`,
  });
};

const askServices = async ({
  env,
  fetch = (request) => globalThis.fetch(request),
}: AddressSources): Promise<string> => {
  const other = env['RECONCILE_ADDRESS_SERVICE']?.trim() ?? '';
  const asked = other === '' ? services : [httpsOnly(other)];
  const faults: string[] = [];
  for (const service of asked) {
    try {
      return await askService(fetch, service);
    } catch (error) {
      faults.push(`${service}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Failure(`the address of this machine could not be found out: ${faults.join('; ')}`, {
    done: ['nothing was changed'],
    next: 'name it: --allow-runner ADDRESS, or RECONCILE_RUNNER_ADDRESS',
  });
};

/** Whoever can change the answer on its way gets in at port 22. */
const httpsOnly = (service: string): string => {
  if (URL.canParse(service) && new URL(service).protocol === 'https:') return service;
  throw new UsageError(`RECONCILE_ADDRESS_SERVICE is no https address: ${service}`, {
    next: `unset it, or set it like ${services[0]}`,
  });
};

const askService = async (fetch: Fetch, service: string): Promise<string> => {
  const request = new Request(service, { redirect: 'error', signal: AbortSignal.timeout(serviceMs) });
  const reply = await fetch(request);
  const text = (await reply.text()).trim();
  if (!reply.ok) throw new Error(`it answered ${reply.status}`);
  if (text.length > answerMax || isIP(text) === 0) throw new Error('it answered no address');
  const range = rangeOf(text, service);
  if (isInside(range)) throw new Error(`it answered ${text}, which nobody has on the internet`);
  return range;
};

/** RFC 1918, RFC 6598, loopback, link-local, RFC 4193. */
const isInside = (range: string): boolean =>
  /^(?:0|10|127)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^::|^f[cde]/.test(
    range,
  );
