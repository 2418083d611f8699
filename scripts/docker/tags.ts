import { parseImage } from '../../src/domain/image-reference.ts';

/** Where a build comes from; decides which tags it may push. */
export interface Origin {
  /** The branch that is built; undefined: a pull request, or nobody knows. */
  readonly branch: string | undefined;
  readonly pullRequest: number | undefined;
}

/** From what GitHub's runner sets, else from git. */
export const originOf = (env: Readonly<Record<string, string | undefined>>, gitBranch: string | undefined): Origin => {
  const ref = env['GITHUB_REF'];
  const pull = /^refs\/pull\/([1-9]\d{0,6})\//.exec(ref ?? '')?.[1];
  const branch = ref === undefined ? gitBranch : /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  return { branch, pullRequest: pull === undefined ? undefined : Number(pull) };
};

/** What keeps this tag from being pushed; undefined: nothing. `latest` is what main has, and no other branch. */
export const faultOfTag = (tag: string, { branch, pullRequest }: Origin): string | undefined => {
  if (parseImage(`any:${tag}`) === undefined) return `${JSON.stringify(tag.slice(0, 140))} is no tag`;
  if (tag === 'latest' && branch !== 'main') {
    const from =
      pullRequest === undefined ? `branch ${JSON.stringify(branch ?? '(none)')}` : `pull request ${pullRequest}`;
    return `latest is pushed from main only, and this is ${from}`;
  }
  return undefined;
};

/** `pr-7-1a2b3c4d5e6f`, or `1a2b3c4d5e6f` of what is no pull request. Undefined: one of the two is none. */
export const tagFor = (sha: string, pullRequest: string | undefined): string | undefined => {
  if (!/^[0-9a-f]{12,64}$/.test(sha)) return undefined;
  if (pullRequest === undefined) return sha.slice(0, 12);
  return /^[1-9]\d{0,6}$/.test(pullRequest) ? `pr-${pullRequest}-${sha.slice(0, 12)}` : undefined;
};

/** The image under another tag: `acme/web:1` and `2` to `acme/web:2`. */
export const retagged = (image: string, tag: string): string => `${parseImage(image)?.name ?? image}:${tag}`;
