import { Failure } from '../domain/errors.ts';
import { renderTemplate } from '../render/template.ts';
import { answerData } from './answer.ts';
import { commandsTable } from './command-help.ts';
import { frameData, headlines, stateData } from './comment.ts';
import { ourComments } from './events.ts';
import type { Answer, CommentView, Words } from './types.ts';

export interface WordsInput {
  /** Source by path, as `Assets` has them: `templates/pr-comment.md.hbs`. */
  readonly templates: Readonly<Record<string, string>>;
  /** Takes secrets out of a text; before it is escaped, for an escaped secret is not found any more. */
  readonly hide: (text: string) => string;
}

/** GitHub takes no longer comment, nor a longer summary of a check run (65,535). */
export const textMax = 65_535;

/** Throws Failure where a template is missing, or asks for something that there is not. */
export const createWords = ({ templates, hide }: WordsInput): Words => {
  const render = (name: string, data: object): string => {
    const source = templates[name];
    if (source === undefined)
      throw new Failure(`${name} is missing among the templates: comments on pull requests are made of it`, {
        next: `copy ${name} from the project, or take away your own folder templates/`,
      });
    const text = `${renderTemplate({ name, source, data })
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim()}\n`;
    if (text.length <= textMax) return text;
    throw new Failure(`${name} makes a text of ${text.length} characters, and a comment holds ${textMax}`, {
      next: `make ${name} shorter`,
    });
  };
  const stateText = (view: CommentView): string => render('templates/pr-state.md.hbs', stateData(view)).trimEnd();
  const marker = (pullRequest: number): string => `${ourComments}preview:pr-${pullRequest} -->`;
  return {
    marker,
    commentText: (raw) => {
      const view = hiddenView(raw, hide);
      const data = { ...frameData(view, stateText(view)), marker: marker(view.pullRequest), commands: commandsTable };
      return render('templates/pr-comment.md.hbs', data);
    },
    checkText: (raw) => {
      const view = hiddenView(raw, hide);
      return { title: headlines[view.state].title, summary: stateText(view) };
    },
    answerText: (raw, to) => {
      const answer = { ...hidden(raw, hide), kind: raw.kind } as Answer;
      const data = {
        ...answerData(answer, { ...to, login: hide(to.login) }),
        marker: `${ourComments}answer:pr-${to.pullRequest} -->`,
      };
      return render('templates/pr-answer.md.hbs', { ...data, commands: commandsTable });
    },
  };
};

type Hide = (text: string) => string;

/** Without secrets in any text of people and programs; our own words stay, should a secret be one of them. */
const hiddenView = (view: CommentView, hide: Hide): CommentView => ({
  ...hidden(view, hide),
  state: view.state,
  because: view.because,
  policy: view.policy,
  images:
    view.images === null
      ? null
      : Object.fromEntries(Object.entries(view.images).map(([job, image]) => [hide(job), hide(image)])),
});

const hidden = <T>(value: T, hide: Hide): T => hiddenUnknown(value, hide) as T;
const hiddenUnknown = (value: unknown, hide: Hide): unknown => {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((entry) => hiddenUnknown(entry, hide));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, hiddenUnknown(entry, hide)]));
};
