import type { Planning } from './context.ts';
import { isBlocked } from './verdict.ts';

/**
 * Nothing is carried out while anything is blocked, so things that want to be handed over are handed over in one
 * command, those included that were handed over already in this one.
 */
export const joinAdoptions = ({ verdicts, adopt, target }: Planning): void => {
  const command = `reconcile ${target} --adopt`;
  const asking = [...verdicts.values()].filter((verdict) => isBlocked(verdict) && verdict.next?.startsWith(command));
  if (asking.length === 0) return;
  const addresses = new Set([...adopt, ...asking.map(({ address }) => address)]);
  const next = [`reconcile ${target}`, ...[...addresses].map((address) => `--adopt ${address}`)].join(' ');
  for (const verdict of asking) verdicts.set(verdict.address, { ...verdict, next });
};
