import type { GitHubPeople } from './acts.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import { isoOf } from './pipeline.ts';
import {
  type CommentRow,
  fullName,
  type GitHubState,
  type IssueRow,
  issueOf,
  newCommit,
  newId,
  type PullRow,
  type ReviewRow,
  userOf,
} from './state.ts';

export const createGitHubPeople = (state: () => GitHubState, tell: Deliveries, now: () => number): GitHubPeople => {
  const iso = (): string => isoOf(now());
  const pullOf = (number: number): PullRow => {
    const row = state().pulls.find((pull) => pull.number === number);
    if (row === undefined) throw new Error(`there is no pull request ${number} in the emulated repository`);
    return row;
  };
  const commentOf = (id: number): CommentRow => {
    const row = state().comments.find((comment) => comment.id === id);
    if (row === undefined) throw new Error(`there is no comment ${id} in the emulated repository`);
    return row;
  };
  const issueRow = (author: string, title: string, body: string | null, labels: readonly string[]): IssueRow => {
    const number = state().nextNumber;
    state().nextNumber += 1;
    const at = { createdAt: iso(), updatedAt: iso(), closedAt: null };
    const who = userOf(state(), author).login;
    return {
      number,
      id: newId(state()),
      author: who,
      title,
      body,
      state: 'open',
      labels: [...labels],
      locked: false,
      ...at,
    };
  };
  const reviewRow = (pull: PullRow, by: string, verdict: ReviewRow['state'], body: string | null): ReviewRow => {
    const author = userOf(state(), by).login;
    const { number, headSha: sha } = pull;
    const row = { id: newId(state()), pull: number, author, state: verdict, body, sha, submittedAt: iso() };
    state().reviews.push(row);
    pull.updatedAt = iso();
    return row;
  };
  /** An act on an open pull request, and what is said of it. */
  const change = (number: number, action: string, by: string | undefined, act: (row: PullRow) => void): Delivery => {
    const row = pullOf(number);
    act(row);
    row.updatedAt = iso();
    return tell.aboutPull(action, row, by ?? row.author);
  };
  const end = (row: PullRow): void => {
    if (row.state === 'closed') throw new Error(`pull request ${row.number} is closed already`);
    row.state = 'closed';
    row.closedAt = iso();
  };

  return {
    openPull: ({ author, title, body, draft = false, fork = false, base = 'main', sha, labels = [], ref }) => {
      const row = issueRow(author, title ?? 'Change something', body ?? null, labels);
      const { repository } = state();
      const pull: PullRow = {
        ...row,
        draft,
        mergedAt: null,
        mergedBy: null,
        mergeSha: null,
        baseRef: base,
        baseSha: repository.head,
        headRef: ref ?? `change-${row.number}`,
        headSha: newCommit(state(), sha),
        headRepository: fork ? `${row.author}/${repository.name}` : fullName(repository),
        headOwner: fork ? row.author : repository.owner,
      };
      state().pulls.push(pull);
      return { ...tell.aboutPull('opened', pull, row.author), number: pull.number, sha: pull.headSha };
    },
    push: (number, { by, sha } = {}) => {
      const row = pullOf(number);
      if (row.headRepository === null) throw new Error(`the fork of pull request ${number} is gone`);
      const before = row.headSha;
      // A push to the branch of a closed pull request does not move the pull request.
      if (row.state === 'closed') throw new Error(`pull request ${number} is closed`);
      row.headSha = newCommit(state(), sha);
      row.updatedAt = iso();
      const more = { before, after: row.headSha };
      return { ...tell.aboutPull('synchronize', row, by ?? row.author, more), sha: row.headSha };
    },
    draft: (number, by) => change(number, 'converted_to_draft', by, (row) => Object.assign(row, { draft: true })),
    ready: (number, by) => change(number, 'ready_for_review', by, (row) => Object.assign(row, { draft: false })),
    close: (number, by) => change(number, 'closed', by, end),
    merge: (number, by) =>
      change(number, 'closed', by, (row) => {
        end(row);
        const mergeSha = newCommit(state());
        Object.assign(row, { mergedAt: iso(), mergedBy: userOf(state(), by ?? row.author).login, mergeSha });
        state().repository.head = mergeSha;
      }),
    reopen: (number, by) =>
      change(number, 'reopened', by, (row) => {
        if (row.state === 'open' || row.mergedAt !== null)
          throw new Error(
            `pull request ${number} can't be reopened: it is ${row.mergedAt === null ? 'open' : 'merged'}`,
          );
        Object.assign(row, { state: 'open', closedAt: null });
      }),
    rename: (number, title, by) => change(number, 'edited', by, (row) => Object.assign(row, { title })),
    label: (number, name, by) => {
      const row = pullOf(number);
      if (!row.labels.includes(name)) row.labels.push(name);
      return tell.labelled('labeled', row, by ?? row.author, name);
    },
    unlabel: (number, name, by) => {
      const row = pullOf(number);
      row.labels = row.labels.filter((label) => label !== name);
      return tell.labelled('unlabeled', row, by ?? row.author, name);
    },
    comment: (number, { by, body }) => {
      const issue = issueOf(state(), number);
      if (issue === undefined) throw new Error(`there is nothing with number ${number} to comment on`);
      const at = { createdAt: iso(), updatedAt: iso() };
      const row = { id: newId(state()), issue: number, author: userOf(state(), by).login, body, ...at };
      state().comments.push(row);
      issue.updatedAt = iso();
      return { ...tell.aboutComment('created', row, by), id: row.id };
    },
    editComment: (id, { by, body }) => {
      const row = commentOf(id);
      const changes = { body: { from: row.body } };
      Object.assign(row, { body, updatedAt: iso() });
      return tell.aboutComment('edited', row, by, { changes });
    },
    deleteComment: (id, by) => {
      const row = commentOf(id);
      state().comments.splice(state().comments.indexOf(row), 1);
      return tell.aboutComment('deleted', row, by ?? row.author);
    },
    review: (number, { by, state: verdict = 'commented', body }) => {
      const row = pullOf(number);
      return tell.reviewed(row, reviewRow(row, by, verdict, body ?? null));
    },
    codeComment: (number, { by, body }) => {
      const row = pullOf(number);
      return tell.codeCommented(row, reviewRow(row, by, 'commented', null), body);
    },
    openIssue: ({ author, title, body, labels = [] }) => {
      const row = issueRow(author, title, body ?? null, labels);
      state().issues.push(row);
      return row.number;
    },
    pushMain: ({ by, sha } = {}) => {
      const { repository } = state();
      const before = repository.head;
      repository.head = newCommit(state(), sha);
      const told = tell.pushed(repository.defaultBranch, before, repository.head, by ?? repository.owner);
      return { ...told, sha: repository.head };
    },
    setPermission: (login, role) => {
      userOf(state(), login);
      state().roles[login.toLowerCase()] = role;
    },
    deleteFork: (number) => {
      pullOf(number).headRepository = null;
    },
    renameRepository: (name) => {
      const { repository } = state();
      repository.formerly.push(fullName(repository));
      const [owner = '', short = ''] = name.split('/');
      Object.assign(repository, { owner, name: short });
    },
  };
};
