import { ConfigError, exitCodes, Failure, UsageError } from '../../domain/errors.ts';
import { type CommandContext, type CommandRun, reading, tell, tellJson } from '../context.ts';
import type { InitAnswers } from '../io.ts';

const domainPattern = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
/** Names of servers are host names and start with it, and it is a label value. */
const projectPattern = /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

const rules = {
  project: {
    fits: (text: string) => projectPattern.test(text),
    says: 'lower-case letters, digits and hyphens, at most 32',
  },
  domain: { fits: (text: string) => domainPattern.test(text), says: 'a domain like example.com, lower-case' },
  location: { fits: (text: string) => /^[a-z]{3}\d*$/.test(text), says: 'a location like nbg1, fsn1, hel1' },
  serverType: { fits: (text: string) => /^[a-z]+\d+$/.test(text), says: 'a server type like cx23' },
} as const;
type Question = keyof typeof rules;

const flags: Readonly<Record<Question, string>> = {
  project: '--project',
  domain: '--domain',
  location: '--location',
  serverType: '--server-type',
};
const defaults = { location: 'nbg1', serverType: 'cx23' } as const;

/** Writes the configuration unless there is one already: what a user wrote is never lost. */
export const runInit: CommandRun = async (context) => {
  const { files, io, initTemplate } = context.input;
  const { options } = context.invocation;
  const path = options.config ?? 'infra.yaml';
  refuseBadFlags(context);
  if ((await files.read(path)) !== undefined) throw exists(path);
  const answers = options.yes || !io.stdin.isTTY ? fromFlags(context) : await reading(context, ask(context));
  if ((await files.write(path, textOf(answers, initTemplate), { mode: 0o644, replace: false })) === 'exists')
    throw exists(path);
  const next = ['reconcile plan production --local', ...(options.config === null ? [] : [`--config ${path}`])].join(
    ' ',
  );
  tell(context, () => [`wrote ${path}`, `next: ${next}`, '      shows what it would make, in the emulated cloud']);
  tellJson(context, () => ({ file: path, answers, next }));
  return exitCodes.ok;
};

/** The file that is complained about does not exist: what can be corrected is the answer. */
const textOf = (answers: InitAnswers, initTemplate: (answers: InitAnswers) => string): string => {
  try {
    return initTemplate(answers);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const wrong = error.problems.map(({ message, found, suggestion, allowed }) => {
      const way = suggestion === undefined ? `allowed: ${allowed ?? 'see the help'}` : `did you mean ${suggestion}?`;
      return `${message} (found: ${found ?? 'nothing'}; ${way})`;
    });
    throw new UsageError(`no configuration can be made of that: ${wrong.join('; ')}`, {
      done: ['nothing was written'],
      next: 'reconcile init --help',
      cause: error,
    });
  }
};

const exists = (path: string): Failure =>
  new Failure(`${path} exists already and is left as it is`, {
    next: `edit it, or write another: reconcile init --config FILE`,
  });

const refuseBadFlags = (context: CommandContext): void => {
  const { init } = context.invocation.options;
  for (const question of Object.keys(rules) as Question[]) {
    const given = init[question];
    if (given !== undefined && !rules[question].fits(given))
      throw new UsageError(`${flags[question]} wants ${rules[question].says}, found: ${given}`, {
        next: 'reconcile init --help',
      });
  }
};

/** Without questions: project and domain must be said, the rest has defaults. */
const fromFlags = (context: CommandContext): InitAnswers => {
  const { init } = context.invocation.options;
  const { project, domain } = init;
  if (project === undefined || domain === undefined) {
    const missing = [
      ...(project === undefined ? ['--project NAME'] : []),
      ...(domain === undefined ? ['--domain DOMAIN'] : []),
    ];
    throw new UsageError(`without questions init needs ${missing.join(' and ')}`, { next: 'reconcile init --help' });
  }
  return {
    project,
    domain,
    location: init.location ?? defaults.location,
    serverType: init.serverType ?? defaults.serverType,
    sshKey: init.sshKey ?? null,
    staging: init.staging ?? true,
  };
};

const ask = async (context: CommandContext): Promise<InitAnswers> => {
  const { init } = context.invocation.options;
  // Loaded here only: no other verb asks more than yes or no.
  const { confirm, isCancel, select, text } = await import('@clack/prompts');
  const answered = <T>(value: T): Exclude<T, symbol> => {
    if (isCancel(value)) throw new Failure('not finished', { done: ['nothing was written'], next: 'reconcile init' });
    return value as Exclude<T, symbol>;
  };
  const askText = async (question: Question, message: string, placeholder: string): Promise<string> =>
    init[question] ??
    answered(
      await text({
        message,
        placeholder,
        ...(question === 'serverType' ? { initialValue: defaults.serverType } : {}),
        validate: (value) => (rules[question].fits(value ?? '') ? undefined : `write ${rules[question].says}`),
      }),
    );
  const askLocation = async (): Promise<string> =>
    init.location ??
    answered(
      await select({
        message: 'Where should the servers stand first?',
        initialValue: 'nbg1',
        options: [
          { value: 'nbg1', label: 'nbg1', hint: 'Nuremberg' },
          { value: 'fsn1', label: 'fsn1', hint: 'Falkenstein' },
          { value: 'hel1', label: 'hel1', hint: 'Helsinki' },
        ],
      }),
    );
  const project = await askText('project', 'What is the project called? (label and prefix of everything)', 'shop');
  const domain = await askText('domain', 'Which domain is production?', 'shop.example');
  const location = await askLocation();
  const serverType = await askText(
    'serverType',
    'Which server type first? (others follow when it is sold out)',
    'cx23',
  );
  const sshKey =
    init.sshKey ??
    answered(await text({ message: 'Name of an SSH key in your Hetzner project? (empty: none)', defaultValue: '' }));
  const staging = init.staging ?? answered(await confirm({ message: 'A staging environment too?' }));
  return { project, domain, location, serverType, sshKey: sshKey === '' ? null : sshKey, staging };
};
