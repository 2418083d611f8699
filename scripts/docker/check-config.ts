/** The parts of an image's configuration that are looked at (OCI image-spec, config.md). */
export interface ImageConfig {
  readonly os?: unknown;
  readonly architecture?: unknown;
  readonly config?: {
    readonly User?: unknown;
    readonly Env?: unknown;
    readonly Labels?: unknown;
    readonly Volumes?: unknown;
    readonly OnBuild?: unknown;
    readonly Entrypoint?: unknown;
    readonly Cmd?: unknown;
  } | null;
  readonly history?: unknown;
}

/** What keeps it from being an image of ours; empty: nothing. */
export const faultsOfConfig = (image: ImageConfig): string[] => {
  const { os, architecture, config, history } = image;
  const faults: string[] = [];
  if (os !== 'linux' || (architecture !== 'amd64' && architecture !== 'arm64'))
    faults.push(`it is for ${JSON.stringify(`${os}/${architecture}`.slice(0, 40))}`);
  const user = typeof config?.User === 'string' ? config.User : '';
  if (!/^[1-9]\d{0,9}(?::\d{1,10})?$/.test(user))
    faults.push(
      `it runs as ${user === '' ? 'root' : JSON.stringify(user.slice(0, 40))}: USER has to be a number that is not 0`,
    );
  if (config?.Volumes !== undefined && config.Volumes !== null && Object.keys(config.Volumes as object).length > 0)
    faults.push('it wants volumes of its own');
  if (Array.isArray(config?.OnBuild) && config.OnBuild.length > 0) faults.push('it has commands for later builds');
  for (const words of [config?.Entrypoint, config?.Cmd])
    if (
      words !== undefined &&
      words !== null &&
      !(Array.isArray(words) && words.every((one) => typeof one === 'string'))
    )
      faults.push('its command is no list of words');
  faults.push(...faultsOfTexts(listOf(config?.Env), 'its environment'));
  faults.push(...faultsOfTexts(pairsOf(config?.Labels), 'its labels'));
  faults.push(...faultsOfTexts(historyOf(history), 'its history'));
  return faults;
};

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const pairsOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.entries(value).map(([name, one]) => `${name}=${one}`) : [];
const historyOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((one: { created_by?: unknown }) => String(one?.created_by ?? '')) : [];

const secretName = /^[^=]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIAL)[^=]*=./i;
const secretValues: readonly (readonly [RegExp, string])[] = [
  [/AGE-SECRET-KEY-1/i, 'an age identity'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}/, 'a GitHub token'],
  [/\bdckr_[a-z]{2,4}_[A-Za-z0-9_-]{20,}/, 'a Docker Hub token'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'an AWS key'],
  [/\btskey-[a-z]+-[A-Za-z0-9]{10,}/, 'a Tailscale key'],
  [/:\/\/[^\s/:@]+:[^\s/@]+@/, 'a password in an address'],
];

/** Names alone are told: a value that is a secret would stand in the log of a pipeline. */
const faultsOfTexts = (texts: readonly string[], where: string): string[] =>
  texts.flatMap((text) => {
    const named = where !== 'its history' && secretName.test(text);
    const kind = secretValues.find(([pattern]) => pattern.test(text))?.[1];
    if (!named && kind === undefined) return [];
    const name = where === 'its history' ? '' : ` under ${JSON.stringify(text.split('=')[0]?.slice(0, 60))}`;
    return [`${where} holds ${kind ?? 'what looks like a secret'}${name}`];
  });
