import { join } from 'node:path';
import { hasDocker } from '../machines/agents.ts';
import { onPath, queuedMoto, type S3Server, startMoto } from './servers.ts';

/** Moto, by the first way that can be had here; undefined: by none. */
export interface Moto {
  /** For titles. */
  readonly by: string;
  start(): Promise<S3Server>;
}

const folder = join(import.meta.dirname, 'moto');

const inContainer = async (): Promise<Moto | undefined> => {
  if (!hasDocker()) return undefined;
  // Its watchdog is an image of its own, which would have to be pulled; we end the container ourselves.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  const { GenericContainer, Wait } = await import('testcontainers');
  try {
    const image = await GenericContainer.fromDockerfile(folder).build('reconcile-test-moto', { deleteOnExit: false });
    return {
      by: 'in a container',
      async start() {
        const container = await image
          .withExposedPorts(5000)
          .withWaitStrategy(Wait.forListeningPorts())
          .withStartupTimeout(60_000)
          .start();
        const target = `http://${container.getHost()}:${container.getMappedPort(5000)}`;
        return queuedMoto(target, async () => void (await container.stop({ timeout: 1000 })));
      },
    };
  } catch (error) {
    // No registry can be reached, most of the time; a process does as well.
    process.stderr.write(`moto in a container can't be had: ${error instanceof Error ? error.message : error}\n`);
    return undefined;
  }
};

const asProcess = (): Moto | undefined => {
  const program = onPath('moto_server');
  return program === undefined ? undefined : { by: 'as a process', start: () => startMoto(program) };
};

export const moto: Moto | undefined = (await inContainer()) ?? asProcess();

export const motoTitle =
  moto === undefined
    ? 'moto (skipped: no Docker engine that can build its image, and no moto_server on PATH: pip install "moto[server]")'
    : `moto ${moto.by}`;

export const startedMoto = (): Promise<S3Server> => {
  if (moto === undefined) throw new Error('there is no moto here');
  return moto.start();
};
