import type { JobSpec } from '../domain/resource.ts';
import type { Fetch } from '../ports/machines.ts';

/** A request that hangs ends here, in wall-clock time. */
const requestTimeoutMs = 5_000;
/** What our applications show their build by; one that does not is not asked for it. */
const versionHeader = 'x-app-version';

export type Answered =
  | { readonly ok: true }
  | { readonly ok: false; readonly reached: boolean; readonly detail: string };

/**
 * Whether a job answers through the ingress of one server as a visitor would see it: its health path under the domain's
 * name with 200, from the wanted build where the application says which it is. Where the ingress sends visitors from
 * port 80 to HTTPS, its redirect is the answer: which certificate it has there is not this job's matter.
 */
export const jobAnswers = async (
  through: { readonly fetch: Fetch; readonly privateIp: string },
  { domain, path, version }: NonNullable<JobSpec['answers']>,
): Promise<Answered> => {
  const url = `http://${through.privateIp}:80${path}`;
  const request = new Request(url, {
    headers: { host: domain, accept: '*/*' },
    redirect: 'manual',
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const asked = `http://${domain}${path}`;
  let response: Response;
  try {
    response = await through.fetch(request);
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return { ok: false, reached: false, detail: `the ingress does not answer for ${asked}: ${because}` };
  }
  const { status } = response;
  const said = status === 200 ? '' : (await textOf(response)).slice(0, 200);
  if (sendsToHttps(response, domain)) return { ok: true };
  if (status !== 200)
    return { ok: false, reached: true, detail: `the ingress answers ${status} for ${asked}${said && `: ${said}`}` };
  await response.body?.cancel();
  const shown = response.headers.get(versionHeader);
  if (shown !== null && shown !== version)
    return { ok: false, reached: true, detail: `${asked} still answers with version ${shown}, not ${version}` };
  return { ok: true };
};

const sendsToHttps = ({ status, headers }: Response, domain: string): boolean => {
  const target = headers.get('location') ?? '';
  return [301, 302, 307, 308].includes(status) && target.startsWith(`https://${domain}/`);
};

const textOf = async (response: Response): Promise<string> => (await response.text()).replaceAll(/\s+/g, ' ').trim();
