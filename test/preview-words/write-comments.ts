import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { answers, comments } from './views.ts';
import { words } from './words.ts';

/** `npm run comments -- --out DIR`: what people read on a pull request, in every state, as files of Markdown. */
const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (values.out === undefined) {
  process.stderr.write('which folder? write: npm run comments -- --out DIR\n');
  process.exitCode = 64;
} else {
  const folder = resolve(values.out);
  mkdirSync(folder, { recursive: true });
  const texts = [
    ...Object.entries(comments).map(([name, view]) => [`comment-${name}.md`, words.commentText(view)] as const),
    ...Object.entries(answers).map(
      ([name, answer]) => [`answer-${name}.md`, words.answerText(answer, { pullRequest: 7, login: 'alice' })] as const,
    ),
  ];
  for (const [file, text] of texts) writeFileSync(join(folder, file), text);
  process.stdout.write(`${texts.length} files in ${folder}\n`);
}
