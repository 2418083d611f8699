import type { z } from 'zod';
import { GitHubError, invalid, notFound } from '../errors.ts';
import { type Call, Rows, route } from '../route.ts';
import { type CheckRow, newId } from '../state.ts';
import { checkView } from '../views/deployment.ts';
import { checkBody, checkChange } from '../wire.ts';

const repo = '/repos/:owner/:repo';
const pages = {
  create: 'checks/runs#create-a-check-run',
  update: 'checks/runs#update-a-check-run',
  get: 'checks/runs#get-a-check-run',
  list: 'checks/runs#list-check-runs-for-a-git-reference',
} as const;
const textLimit = 65_535;
type Change = z.infer<typeof checkChange>;

/** Checks are of apps: a person's token may not make them. */
const asApp = ({ token }: Call<unknown>, documentation: string): void => {
  if (token.kind !== 'installation')
    throw new GitHubError(403, 'You must authenticate via a GitHub App.', { documentation });
};
const check = ({ status, conclusion, output }: Change, page: string): void => {
  const wrong = (message: string): GitHubError => new GitHubError(422, message, { documentation: page });
  if (status === 'completed' && conclusion === undefined) throw wrong('Invalid request.\n\nMissing conclusion.');
  if (output !== undefined && output.title === undefined) throw wrong('Invalid request.\n\nMissing output title.');
  for (const field of ['summary', 'text'] as const)
    if ((output?.[field] ?? '').length > textLimit) {
      const message = `Only ${textLimit} characters are allowed; ${(output?.[field] ?? '').length} were supplied.`;
      throw invalid(page, { resource: 'CheckRun', code: 'custom', field: `output.${field}`, message });
    }
};
const change = (row: CheckRow, body: Change, iso: string): void => {
  if (body.name !== undefined) row.name = body.name;
  if (body.details_url !== undefined) row.detailsUrl = body.details_url;
  if (body.external_id !== undefined) row.externalId = body.external_id;
  if (body.status !== undefined) row.status = body.status;
  // A conclusion alone completes it; whoever starts it anew takes the conclusion away (believed).
  if (body.conclusion !== undefined) row.status = 'completed';
  row.conclusion = row.status === 'completed' ? (body.conclusion ?? row.conclusion) : null;
  row.completedAt = row.status === 'completed' ? (body.completed_at ?? iso) : null;
  if (body.started_at !== undefined) row.startedAt = body.started_at;
  row.title = body.output?.title ?? row.title;
  row.summary = body.output?.summary ?? row.summary;
  row.text = body.output?.text ?? row.text;
};

export const checkRoutes = [
  route({
    method: 'POST',
    path: `${repo}/check-runs`,
    accepts: 'checks=write',
    documentation: pages.create,
    body: checkBody,
    handle: (call) => {
      const { state, body, iso } = call;
      asApp(call, pages.create);
      check(body, pages.create);
      if (!state.commits.includes(body.head_sha))
        throw new GitHubError(422, `No commit found for SHA: ${body.head_sha}`, { documentation: pages.create });
      // --- writes begin ---
      const row: CheckRow = {
        id: newId(state),
        sha: body.head_sha,
        name: body.name,
        status: 'queued',
        conclusion: null,
        detailsUrl: null,
        externalId: '',
        startedAt: iso,
        completedAt: null,
        title: null,
        summary: null,
        text: null,
      };
      change(row, body, iso);
      state.checks.push(row);
      return checkView(call.places, state, row);
    },
  }),
  route({
    method: 'PATCH',
    path: `${repo}/check-runs/:id`,
    accepts: 'checks=write',
    documentation: pages.update,
    body: checkChange,
    handle: (call) => {
      asApp(call, pages.update);
      const row = call.state.checks.find(({ id }) => String(id) === call.params['id']);
      if (row === undefined) throw notFound(pages.update);
      check(call.body, pages.update);
      // --- writes begin ---
      change(row, call.body, call.iso);
      return checkView(call.places, call.state, row);
    },
  }),
  route({
    method: 'GET',
    path: `${repo}/check-runs/:id`,
    accepts: 'checks=read',
    documentation: pages.get,
    handle: ({ state, params, places }) => {
      const row = state.checks.find(({ id }) => String(id) === params['id']);
      if (row === undefined) throw notFound(pages.get);
      return checkView(places, state, row);
    },
  }),
  route({
    method: 'GET',
    path: `${repo}/commits/:ref/check-runs`,
    accepts: 'checks=read',
    documentation: pages.list,
    handle: ({ state, params, query, places }) => {
      const name = query.get('check_name');
      const rows = state.checks.filter((row) => row.sha === params['ref'] && (name === null || row.name === name));
      const wrap = (page: readonly unknown[], total: number) => ({ total_count: total, check_runs: page });
      return new Rows(
        rows.toReversed().map((row) => () => checkView(places, state, row)),
        wrap,
      );
    },
  }),
];
