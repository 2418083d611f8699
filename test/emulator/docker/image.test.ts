import { expect, test } from 'vitest';
import { ensureMachineImage, machineTag } from '../../../src/emulator/docker/image.ts';
import type { Engine, RunOptions, RunResult } from '../../../src/emulator/docker/types.ts';

const engineOf = (answer: (line: string, options?: RunOptions) => Partial<RunResult>) => {
  const asked: string[] = [];
  const attempt = async (args: readonly string[], options?: RunOptions): Promise<RunResult> => {
    const line = args.join(' ');
    asked.push(line);
    return { code: 0, stdout: '', stderr: '', ...answer(line, options) };
  };
  const engine: Engine = { attempt, run: async (args, options) => (await attempt(args, options)).stdout };
  return { engine, asked };
};
const env = { RECONCILE_MACHINE_BASE: 'debian:own' };

test('an image that is there is taken as it is, with what its engine refuses', async () => {
  const { engine, asked } = engineOf(() => ({ stdout: 'SYS_RESOURCE BPF\n' }));
  const told: string[] = [];
  const image = await ensureMachineImage({ engine, env, progress: (text) => told.push(text) });
  expect(image).toEqual({ tag: await machineTag(), refused: ['SYS_RESOURCE', 'BPF'] });
  expect(image.tag).toMatch(/^emulated-machine:[0-9a-f]{8}$/);
  expect([asked.length, told]).toEqual([1, []]);
});

test('else it is built from the base that was named, step by step before our eyes, and labelled', async () => {
  const { engine, asked } = engineOf((line, options) => {
    if (line.startsWith('image inspect')) return { code: 1 };
    if (line.startsWith('build'))
      for (const said of ['Step 1/2 : ARG BASE', ' ---> 0123', '#7 [2/2] RUN true']) options?.onLine?.(said);
    return {};
  });
  const told: string[] = [];
  const { tag, refused } = await ensureMachineImage({ engine, env, progress: (text) => told.push(text) });
  expect(refused).toEqual([]);
  expect(told).toEqual([
    `building the machine image ${tag} (once, a minute or two)`,
    'machine image, step 1/2: ARG BASE',
    'machine image, step 2/2: RUN true',
    `the machine image ${tag} is ready`,
  ]);
  expect(asked.at(-1)).toMatch(
    new RegExp(
      `^build -t ${tag} --label emulated-refused= --build-arg BASE=debian:own -f \\S+/machine.Dockerfile \\S+/machine$`,
    ),
  );
});

test('a build that fails ends with its last lines and says that the next run goes on from there', async () => {
  const { engine } = engineOf((line) => {
    if (line.startsWith('image inspect')) return { code: 1 };
    return line.startsWith('build') ? { code: 1, stdout: 'Step 5/14 : RUN apt-get\n', stderr: 'E: no network\n' } : {};
  });
  await expect(ensureMachineImage({ engine, env, progress: () => undefined })).rejects.toThrow(
    /^the machine image can't be built: Step 5\/14 : RUN apt-get; E: no network\. When that is mended, .* it goes on/,
  );
});

test('an engine that refuses what machines need is found before anything is built', async () => {
  const { engine, asked } = engineOf((line) => {
    if (line.startsWith('image inspect')) return { code: 1 };
    return line.startsWith('run') ? { code: 125, stderr: 'OCI runtime create failed: no' } : {};
  });
  await expect(ensureMachineImage({ engine, env, progress: () => undefined })).rejects.toThrow(
    'starts no container for us: OCI runtime create failed: no',
  );
  expect(asked.some((line) => line.startsWith('build'))).toBe(false);
});
