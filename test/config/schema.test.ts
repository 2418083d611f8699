import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { jsonSchema } from '../../src/config/schema.ts';

test('infra.schema.json is what the code says: else run node scripts/schema.ts', () => {
  const committed = readFileSync(resolve(import.meta.dirname, '../../infra.schema.json'), 'utf8');
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
});

test('every key of the schema has words for the editor', () => {
  const without: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries((node as { properties?: object }).properties ?? {})) {
      if (!('description' in child) && !/protocol|description|version|amd64|arm64$/.test(key))
        without.push(`${path}.${key}`);
      walk(child, `${path}.${key}`);
    }
    walk((node as { items?: unknown }).items, `${path}[]`);
  };
  walk(jsonSchema(), '');
  expect(without).toEqual([]);
});
