import type { Images, PreviewMode } from '../../src/domain/preview.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import type { Delivery } from '../../src/emulator/github/deliveries.ts';
import { createGitHubEmulator, type EmulatedGitHub } from '../../src/emulator/github/github.ts';
import { createMachineModels } from '../../src/emulator/machines/models.ts';
import { machinesState } from '../../src/emulator/machines/state.ts';
import { hostOf } from '../github/support.ts';
import { createLab, type Document, type Lab, type LabOptions, type Ran, shippedConfig } from '../support/lab.ts';

/*
 * A team at work: an emulated GitHub and an emulated Hetzner Cloud in one virtual time, and between them the product as
 * a workflow runs it: `reconcile event` with the event in a file.
 */
export interface Heard extends Ran {
  /** What was written into GITHUB_OUTPUT and GITHUB_STEP_SUMMARY. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly asked: { readonly github: readonly string[]; readonly hetzner: readonly string[] };
}
export interface Team {
  readonly github: EmulatedGitHub;
  readonly lab: Lab;
  /** An event arrives. `images`: a build was part of its workflow. */
  hear(delivery: Delivery, built?: { readonly images: Images; readonly sha: string }): Promise<Heard>;
  run(command: string): Promise<Heard>;
  /** A build of what its head commit is now. */
  built(number: number): Promise<Heard>;
  /** Our one comment there; '': none. */
  commentAt(number: number): string;
  /** Previews of which a server exists, or a namespace on servers that they share. */
  servers(): Promise<readonly string[]>;
  /** Everything of previews, but what they share. */
  left(): Promise<readonly string[]>;
}

const files = { payload: '/event.json', output: '/output', summary: '/summary.md' };
export const teamConfig = (more = ''): string => shippedConfig.replace('    max: 15', `    max: 2\n${more}    # 15`);

/** With previews of this mode. */
export const teamOf = (mode: PreviewMode, options: Parameters<typeof createTeam>[0] = {}): Team =>
  createTeam({ config: teamConfig(mode === 'pool' ? '    mode: pool\n' : ''), ...options });

export const createTeam = (options: Omit<LabOptions, 'codeHost' | 'over'> & { readonly over?: Team } = {}): Team => {
  const emulator: Emulator =
    options.over?.lab.emulator ?? createEmulator({ machines: createMachineModels, checkResponses: true });
  const github =
    options.over?.github ??
    createGitHubEmulator({
      repository: 'acme/shop',
      clock: emulator.clock,
      people: { alice: 'write', bob: 'write', carol: 'maintain' },
    });
  const lab = createLab({
    config: teamConfig(),
    ...options,
    ...(options.over === undefined ? {} : { store: options.store ?? options.over.lab.store }),
    over: emulator,
    codeHost: () => hostOf(github),
    env: { GITHUB_OUTPUT: files.output, GITHUB_STEP_SUMMARY: files.summary, GITHUB_RUN_ID: '77', ...options.env },
  });
  const run = async (command: string): Promise<Heard> => {
    for (const file of [files.output, files.summary]) lab.files.delete(file);
    lab.requests();
    const before = github.requests.length;
    const ran = await lab.run(command);
    const outputs = (lab.files.get(files.output) ?? '').split('\n').filter((line) => line !== '');
    return {
      ...ran,
      outputs: Object.fromEntries(outputs.map((line) => line.split(/=(.*)/s).slice(0, 2))),
      summary: lab.files.get(files.summary) ?? '',
      asked: {
        github: github.requests.slice(before).map(({ method, path }) => `${method} ${path}`),
        hetzner: lab.requests().filter((request) => !request.includes('_emulator')),
      },
    };
  };
  const team: Team = {
    github,
    lab,
    run,
    async hear({ event, payload }, built) {
      lab.files.set(files.payload, JSON.stringify(payload));
      const images = Object.entries(built?.images ?? {}).map(([job, image]) => `--image ${job}=${image}`);
      const words = [...images, ...(built === undefined ? [] : [`--sha ${built.sha}`])];
      return run(`event --event ${event} --payload ${files.payload} ${words.join(' ')}`);
    },
    async built(number) {
      const sha = github.state.pulls.find((pull) => pull.number === number)?.headSha ?? '';
      const tag = `pr-${number}-${sha.slice(0, 12)}`;
      const images = { server: `acme/shop-server:${tag}`, web: `acme/shop-web:${tag}` };
      const payload = { repository: { id: 1, full_name: 'acme/shop' } };
      return team.hear({ event: 'workflow_call', delivery: '', payload }, { images, sha });
    },
    commentAt: (number) =>
      github.state.comments.filter(({ issue, author }) => issue === number && author.endsWith('[bot]'))[0]?.body ?? '',
    servers: async () => {
      const owners = (await rows(lab, 'servers')).map(({ labels }) => labels.environment);
      return [...owners.filter((one) => one !== 'pool'), ...namespacesOf(emulator)].sort();
    },
    async left() {
      const kinds = ['servers', 'networks', 'firewalls', 'placement_groups', 'load_balancers', 'certificates'];
      const all = await Promise.all(kinds.map((kind) => rows(lab, kind)));
      const own = all.flat().map(({ name, labels }) => `${labels.environment}: ${name}`);
      return [...own.filter((one) => !one.startsWith('pool: ')), ...namespacesOf(emulator)];
    },
  };
  return team;
};

const rows = async (lab: Lab, kind: string): Promise<readonly Document[]> => (await lab.api('GET', `/${kind}`))[kind];

const namespacesOf = ({ world }: Emulator): readonly string[] =>
  Object.values(machinesState(world.state).clusters)
    .flatMap(({ namespaces = [] }) => namespaces)
    .map(({ Name }) => Name);
