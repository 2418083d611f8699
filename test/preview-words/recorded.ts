import { createRequire } from 'node:module';

interface Definition {
  readonly name: string;
  readonly examples: readonly object[];
}
const require = createRequire(import.meta.url);
const read = (edition: string): readonly Definition[] =>
  require(`@octokit/webhooks-examples/${edition}/index.json`) as readonly Definition[];

export const editions = ['api.github.com', 'ghes-31', 'ghes-32', 'ghes-33', 'ghes-34', 'ghes-35'] as const;

export interface Recorded {
  readonly edition: string;
  readonly name: string;
  readonly payload: object;
}

/** Every payload that GitHub sent somebody who recorded it. */
export const recorded: readonly Recorded[] = editions.flatMap((edition) =>
  read(edition).flatMap(({ name, examples }) => examples.map((payload) => ({ edition, name, payload }))),
);

/** The first of a kind, as a copy that may be changed. */
export const example = (name: string, action?: string): Record<string, unknown> => {
  const found = recorded.find(
    ({ name: other, payload }) =>
      other === name && (action === undefined || ('action' in payload && payload.action === action)),
  );
  if (found === undefined) throw new Error(`nobody recorded ${name} ${action ?? ''}`);
  return structuredClone(found.payload) as Record<string, unknown>;
};
