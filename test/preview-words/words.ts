import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Words } from '../../src/preview/types.ts';
import { createWords } from '../../src/preview/words.ts';

const names = ['templates/pr-comment.md.hbs', 'templates/pr-state.md.hbs', 'templates/pr-answer.md.hbs'];
export const templates: Readonly<Record<string, string>> = Object.fromEntries(
  names.map((name) => [name, readFileSync(join(import.meta.dirname, '../..', name), 'utf8')]),
);
export const words: Words = createWords({ templates, hide: (text) => text });
