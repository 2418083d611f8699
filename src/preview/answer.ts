import { day } from './comment.ts';
import { code, fence, link, nameCode, prose, stopOf } from './escape.ts';
import type { Answer } from './types.ts';

const kinds = [
  'status',
  'logs',
  'help',
  'unknown',
  'refused',
  'extended',
  'failed',
] as const satisfies readonly Answer['kind'][];

/** So much output has room in a comment, with whatever else is said. */
const outputMax = 48_000;
/** Of one job; with more jobs each gets less. */
const jobMax = 16_000;
const jobsMax = 20;

/** For `templates/pr-answer.md.hbs`: Markdown, harmless whatever was in the answer. */
export const answerData = (answer: Answer, to: { readonly pullRequest: number; readonly login: string }) => ({
  is: Object.fromEntries(kinds.map((kind) => [kind, kind === answer.kind])),
  environment: `\`pr-${to.pullRequest}\``,
  to: nameCode(to.login, 100),
  ...nothing,
  ...saying(answer),
});

/** All that the template may ask for. */
const nothing = {
  output: '',
  jobs: [] as const,
  noJobs: false,
  typed: '',
  because: '',
  next: false,
  until: '',
  url: false,
  run: false,
};

const saying = (answer: Answer): object => {
  switch (answer.kind) {
    case 'status':
      return {
        url: answer.url !== null && link(nameCode(answer.url.replace(/^https?:\/\//, '')), answer.url),
        output: fence(answer.lines.join('\n'), { lines: 200, characters: outputMax }),
      };
    case 'logs': {
      const outputs = answer.outputs.slice(0, jobsMax);
      const characters = Math.min(jobMax, Math.floor(outputMax / Math.max(1, outputs.length)));
      return {
        jobs: outputs.map(({ job, text }) => ({
          name: nameCode(job, 63),
          output: fence(text, { lines: 200, characters }),
        })),
        noJobs: outputs.length === 0,
      };
    }
    case 'unknown':
      return { typed: code(answer.typed), because: ended(answer.because) };
    case 'refused':
      return {
        typed: code(answer.typed),
        because: ended(answer.because),
        next: answer.next !== null && fence(answer.next, { lines: 1, characters: 200 }),
      };
    case 'extended':
      return { until: day(answer.until) };
    case 'failed':
      return {
        typed: code(answer.typed),
        output: fence(answer.message, { lines: 60, characters: jobMax }),
        run: answer.runUrl !== null && link('the run', answer.runUrl),
      };
    default:
      return {};
  }
};

/** Carries on a sentence of the template, and ends it. */
const ended = (text: string): string => prose(text) + stopOf(text);
