import type { Address } from '../domain/address.ts';
import type { Planning } from './context.ts';
import { isBlocked } from './verdict.ts';

const asksFor = (flag: string, next: string | undefined, address: Address): boolean =>
  ` ${next} `.includes(` ${flag} ${address} `);

/**
 * Nothing is carried out while anything is blocked, so everything that wants to be handed over or replaced on request is
 * named in one command, with what was asked for already in this one.
 */
export const joinRequests = ({ verdicts, adopt, replace, target }: Planning): void => {
  const blocked = [...verdicts.values()].filter(isBlocked);
  const flagsOf = (flag: string, asked: ReadonlySet<string>): string[] => {
    const asking = blocked.filter(({ next, address }) => asksFor(flag, next, address)).map(({ address }) => address);
    return [...new Set([...asked, ...asking])].map((address) => `${flag} ${address}`);
  };
  const flags = [...flagsOf('--adopt', adopt), ...flagsOf('--replace', replace)];
  for (const { next, address, ...verdict } of blocked) {
    if (!asksFor('--adopt', next, address) && !asksFor('--replace', next, address)) continue;
    const before = next?.replace(/(reconcile [^-]*)?--(adopt|replace) .*$/, '') ?? '';
    verdicts.set(address, { ...verdict, address, next: `${before}reconcile ${target} ${flags.join(' ')}` });
  }
};
