import type { Address } from '../domain/address.ts';
import { UsageError } from '../domain/errors.ts';
import type { Planning } from './context.ts';
import { dependenciesOf, referencesOf } from './references.ts';
import { makesNew, type Verdict } from './verdict.ts';

/** Options name addresses; a name that stands for nothing is a typing error, not a wish. */
export const checkOptions = ({ options, world, target }: Planning): void => {
  const known = [...new Set([...world.wanted.keys(), ...world.ours.keys(), ...world.remembered.keys()])];
  const asked = [
    ...(options.only ?? []).map((address) => ['--only', address] as const),
    ...(options.replace ?? []).map((address) => ['--replace', address] as const),
    ...(options.adopt ?? []).map((address) => ['--adopt', address] as const),
  ];
  for (const [option, address] of asked) {
    if (known.includes(address)) continue;
    const kind = address.slice(0, address.indexOf('/') + 1);
    const alike = known.filter((one) => one.startsWith(kind)).sort();
    throw new UsageError(`${option} ${address}: there is no such address in ${target}`, {
      next: `name one of ${(alike.length > 0 ? alike : known.sort()).slice(0, 12).join(', ')}`,
    });
  }
};

/**
 * The verdicts that `--only` asks for, with what they need and what does not exist yet, and with the cluster where one
 * of its servers is touched. Sees to it that nothing is half made; everything else is left for another run.
 */
export const selectOnly = (planning: Planning): Map<Address, Verdict> => {
  const { options, verdicts, notices } = planning;
  if (options.only === undefined || options.only.length === 0) return verdicts;
  const chosen = new Set<Address>();
  const queue: Address[] = [...options.only, ...copiesOf(options.only, verdicts)];
  for (let at = 0; at < queue.length; at += 1) {
    const address = queue[at];
    const verdict = address === undefined ? undefined : verdicts.get(address);
    if (address === undefined || verdict === undefined || chosen.has(address)) continue;
    chosen.add(address);
    if (verdict.want !== undefined)
      for (const needed of dependenciesOf(verdict.want)) {
        const other = verdicts.get(needed);
        if (other !== undefined && makesNew(other) && isNeeded(verdict, other)) queue.push(needed);
      }
    // The cluster's verdict waits for servers of other addresses.
    for (const { address: elsewhere } of verdict.drafts) if (elsewhere !== undefined) queue.push(elsewhere);
    if (verdict.kind === 'server' && verdict.drafts.length > 0) queue.push(...clustersOf(verdicts));
  }
  const left = [...verdicts.values()].filter(({ address, action }) => !chosen.has(address) && action !== 'keep');
  if (left.length > 0)
    notices.add(`left out by --only: ${left.map(({ address, action }) => `${action} ${address}`).join(', ')}`);
  return new Map([...verdicts].filter(([address]) => chosen.has(address)));
};

/** What does not exist yet, and what gets another id in this plan where that id is a part of the thing. */
const isNeeded = (verdict: Verdict, other: Verdict): boolean =>
  other.have === undefined ||
  (verdict.drafts.length > 0 && verdict.want !== undefined && referencesOf(verdict.want).includes(other.address));

const copiesOf = (only: readonly Address[], verdicts: ReadonlyMap<Address, Verdict>): Address[] =>
  [...verdicts.keys()].filter((address) => only.some((one) => address.startsWith(`${one}~`)));

/** A cluster needs all its servers, but not to be asked for them: what exists of it is what is awaited. */
const clustersOf = (verdicts: ReadonlyMap<Address, Verdict>): Address[] =>
  [...verdicts.values()]
    .filter(({ kind, action }) => kind === 'cluster' && action === 'update')
    .map(({ address }) => address);
