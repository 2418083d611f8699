import type { Words } from '../../../src/preview/types.ts';

/** Texts that tests can read at a glance; the real ones have tests of their own. */
export const plainWords: Words = {
  marker: (number) => `<!-- preview of ${number} -->`,
  commentText: (view) =>
    [
      `<!-- preview of ${view.pullRequest} -->`,
      `${view.state}${view.because === null ? '' : `: ${view.because}`}`,
      `head ${view.headSha.slice(0, 7)}`,
      ...(view.deployedSha === null ? [] : [`running ${view.deployedSha.slice(0, 7)} at ${view.url}`]),
      ...(view.detail === null ? [] : [view.detail]),
      ...(view.holders.length === 0 ? [] : [`places: ${view.holders.map((one) => one.environment).join(', ')}`]),
    ].join('\n'),
  answerText: (answer, { login }) => {
    switch (answer.kind) {
      case 'refused':
        return `${login}: ${answer.typed}: ${answer.because}${answer.next === null ? '' : `; ${answer.next}`}`;
      case 'unknown':
        return `${login}: ${answer.typed} is no command: ${answer.because}`;
      case 'status':
        return answer.lines.join('\n');
      case 'logs':
        return answer.outputs.map(({ job, text }) => `${job}: ${text}`).join('\n');
      case 'extended':
        return `stays until ${answer.until}`;
      case 'failed':
        return `${answer.typed} failed: ${answer.message}`;
      case 'help':
        return 'help';
    }
  },
  checkText: ({ state, headSha }) => ({ title: `${state} ${headSha.slice(0, 7)}`, summary: '' }),
};
