import type { RequestBudget, RequestCount } from '../domain/observation.ts';
import type { Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fetch } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';
import { withBudget } from './budget.ts';
import { withErrors } from './errors.ts';
import type { Call } from './request.ts';
import { withRetry } from './retry.ts';
import { createTransport } from './transport.ts';

export interface ChainOptions {
  readonly fetch: Fetch;
  /** `https://api.hetzner.cloud/v1`, as in HCLOUD_ENDPOINT. */
  readonly endpoint: string;
  readonly token: Secret;
  readonly clock: Clock;
  readonly random: Random;
  /** Told, in a sentence, whenever a request has to wait; silent without. */
  readonly notice?: (text: string) => void;
}
export interface Chain {
  readonly call: Call;
  usage(): { readonly requests: RequestCount; readonly budget: RequestBudget | null };
}

/**
 * From the wire to our side; the order matters. The budget stands next to the transport, because it counts every try and
 * reads the headers of refusals too; the retry stands outside of the errors, because it decides by their codes.
 */
export const createChain = ({ fetch, endpoint, token, clock, random, notice = () => {} }: ChainOptions): Chain => {
  // hcloud-go trims the slash as well, so both spellings of HCLOUD_ENDPOINT are in use.
  const base = endpoint.replace(/\/+$/, '');
  const transport = createTransport({ fetch, endpoint: base, token, clock });
  const budget = withBudget(transport, clock);
  const answered = withErrors(budget.send, { endpoint: base, token });
  return { call: withRetry(answered, { clock, random, resetMs: budget.resetMs, notice }), usage: budget.usage };
};
