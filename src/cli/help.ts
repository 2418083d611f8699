import type { Paint } from './print/paint.ts';
import { padEnd, paragraph, widthOf } from './print/text.ts';
import { type OptionName, type OptionSpec, optionSpecs, type Verb, type VerbSpec, verbNames, verbs } from './verbs.ts';

/** Their values are optional, which commander's spelling of a flag can't say. */
const shown: Readonly<Partial<Record<OptionName, string>>> = {
  local: '--local[=simulated|docker]',
  allowRunner: '--allow-runner [address]',
};

const shownFlags = (name: OptionName): string => shown[name] ?? optionSpecs[name].flags;

const rows = (entries: readonly (readonly [string, string])[], width: number, paint: Paint): string[] => {
  const first = Math.max(...entries.map(([left]) => widthOf(left)));
  return entries.flatMap(([left, right]) => {
    const stacked = first + 6 + 24 > width;
    if (stacked) return [`  ${paint('bold', left)}`, ...paragraph(right, width, '      ')];
    const [line = '', ...more] = paragraph(right, width, '', ' '.repeat(first + 4));
    return [`  ${padEnd(paint('bold', left), first)}  ${line}`, ...more];
  });
};

export const usageLine = (verb: Verb): string => {
  const spec: VerbSpec = verbs[verb];
  return [
    'reconcile',
    ...(verb === 'reconcile' ? [] : [verb]),
    ...(spec.takes === '' ? [] : [spec.takes]),
    '[options]',
  ].join(' ');
};

/** The command that shows this verb's help: the "next" of its usage errors. */
export const helpCommand = (verb: Verb | undefined): string =>
  verb === undefined || verb === 'reconcile' ? 'reconcile --help' : `reconcile ${verb} --help`;

export const verbHelp = (verb: Verb, width: number, paint: Paint): string => {
  const spec: VerbSpec = verbs[verb];
  const options = spec.options.map((name): readonly [string, string] => {
    const option: OptionSpec = optionSpecs[name];
    return [
      shownFlags(name),
      verb === 'init' && name === 'config' ? 'write this file instead of infra.yaml' : option.about,
    ];
  });
  const lines = [
    `Usage: ${usageLine(verb)}`,
    '',
    ...paragraph(spec.about, width, ''),
    ...(spec.takes.includes('target') ? ['', 'Targets: production, staging, pr <number>, pool'] : []),
    '',
    'Options:',
    ...rows(options, width, paint),
    '',
    'Examples:',
    ...spec.examples.flatMap(([command, about]) => [`  ${paint('cyan', command)}`, `      ${paint('dim', about)}`]),
    ...(spec.exits === undefined ? [] : ['', ...paragraph(spec.exits, width, '')]),
  ];
  return `${lines.join('\n')}\n`;
};

const environmentVariables = [
  ['HCLOUD_TOKEN', 'token of the Hetzner project, as for the hcloud command'],
  ['HCLOUD_ENDPOINT', 'address of the API, if not https://api.hetzner.cloud/v1'],
  ['RECONCILE_LOCAL_DIR', 'where --local keeps its world and state, if not in state/local'],
  ['RECONCILE_EMULATOR_DATE', 'day of the catalogue of --local, e.g. 2024-12-01: types and prices of then'],
  ['RECONCILE_EMULATOR_VAT', 'VAT of its prices in percent, if not 21'],
  ['REGISTRY_TOKEN', 'with images.username: servers pull with it; it may only read'],
  ['REGISTRY_PUSH_TOKEN', 'in its place where tags are pushed, or taken away when a pull request is closed'],
  ['NOMAD_BIN', 'program for the servers of --local=docker, if not on PATH; so CONSUL_BIN, CADDY_BIN'],
  ['RECONCILE_RUNNER_ADDRESS', 'address of --allow-runner and access open; else it is found out'],
  ['RECONCILE_SSH_VIA', 'private: log in at private addresses, over a route of your own (a tailnet)'],
  ['NO_COLOR', 'print without colours'],
] as const;

export const overview = (width: number, paint: Paint): string => {
  const entries = verbNames.map((verb): readonly [string, string] => {
    const spec: VerbSpec = verbs[verb];
    return [[...(verb === 'reconcile' ? [] : [verb]), spec.takes].join(' ').trim(), spec.about];
  });
  const { reconcile } = verbs;
  const lines = [
    'One command turns infra.yaml into a running, healthy cluster on Hetzner Cloud, and keeps it true.',
    '',
    'Usage: reconcile <target> [options]',
    '       reconcile <verb> … [options]',
    '',
    'Targets: production, staging, pr <number>, pool',
    '',
    'Verbs:',
    ...rows([...entries, ['help [verb]', 'This page, or the page of one verb.']], width, paint),
    '',
    'Options of reconcile <target>:',
    ...rows(
      reconcile.options.map((name) => [shownFlags(name), optionSpecs[name].about] as const),
      width,
      paint,
    ),
    '',
    'Examples:',
    ...reconcile.examples.flatMap(([command, about]) => [
      `  ${paint('cyan', command)}`,
      `      ${paint('dim', about)}`,
    ]),
    '',
    'Environment:',
    ...rows(environmentVariables, width, paint),
    '',
    ...paragraph(
      'Exit codes: 0 converged or nothing to do; 2 changes or drift pending (plan, check); 3 someone else holds the lease; 4 blocked by a guard; 1 any other failure; 64 wrong usage.',
      width,
      '',
    ),
  ];
  return `${lines.flatMap((line) => (widthOf(line) > width ? paragraph(line, width, '') : [line])).join('\n')}\n`;
};
