import { z } from 'zod';
import { type Answer, plainText } from '../replies.ts';
import type { Link } from './acl-state.ts';

export const linkSchema = z.object({ ID: z.string().nullish(), Name: z.string().nullish() });
type Wanted = readonly z.infer<typeof linkSchema>[] | null | undefined;

/** Links by id or name, in the words of what is not there. */
export const linksTo = (
  kind: 'policy' | 'role',
  known: readonly Link[],
  wanted: Wanted,
): { readonly links: readonly Link[] } | { readonly refused: Answer } => {
  const links: Link[] = [];
  for (const { ID: id, Name: name } of wanted ?? []) {
    const found = known.find((one) => (id != null && id !== '' ? one.ID === id : one.Name === name));
    if (found === undefined) return { refused: plainText(`No such ACL ${kind} with name "${name ?? id ?? ''}"`, 500) };
    links.push({ ID: found.ID, Name: found.Name });
  }
  return { links };
};
