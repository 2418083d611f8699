/*
 * npx tsx scripts/trusted-change.ts NUMBER SHA
 *
 * Whether this pull request is open, has this head commit in a branch of this very repository, and was opened by somebody
 * who may write to it: only then is its infra.yaml read where there are secrets (.github/workflows/plan.yml).
 * Writes trusted=true or trusted=false to GITHUB_OUTPUT; why not, it says.
 */
import { appendFileSync } from 'node:fs';
import { openProjectCodeHost } from '../src/compose/project-code-host.ts';
import { Failure } from '../src/domain/errors.ts';
import type { CodeHost } from '../src/ports/code-host.ts';
import { giveUp } from './project.ts';

const writers = ['admin', 'maintain', 'write'];

/** Undefined: nothing speaks against it. */
const whyNot = async (host: CodeHost, number: number, sha: string): Promise<string | undefined> => {
  const pull = await host.pullRequest(number);
  if (pull === null) return `${host.repository} has no pull request ${number}`;
  if (pull.state !== 'open') return `pull request ${number} is closed`;
  if (pull.headSha !== sha) return `pull request ${number} has another head commit by now`;
  if (pull.headRepository?.toLowerCase() !== host.repository.toLowerCase())
    return `pull request ${number} is of another repository`;
  const permission = await host.permissionOf(pull.author.login);
  return writers.includes(permission) ? undefined : `whoever opened pull request ${number} may not write here`;
};

const [number = '', sha = ''] = process.argv.slice(2);
if (!/^[1-9]\d{0,6}$/.test(number) || !/^[0-9a-f]{40}$/.test(sha))
  giveUp('wants the number of a pull request and a commit', 'npx tsx scripts/trusted-change.ts NUMBER SHA');
try {
  const { env } = process;
  const host = await openProjectCodeHost({ configFile: 'infra.yaml', env, onSecret: () => undefined });
  const because = await whyNot(host, Number(number), sha);
  console.log(because === undefined ? 'trusted' : `not trusted: ${because}`);
  const file = process.env['GITHUB_OUTPUT'] ?? '';
  if (file !== '') appendFileSync(file, `trusted=${because === undefined}\n`);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  giveUp(error.message, error.next ?? 'run it again');
}
