import { loadProject } from '../config/project.ts';
import { systemClock } from '../local/clock.ts';
import type { CodeHost } from '../ports/code-host.ts';
import { openCodeHost } from './code-host.ts';
import { type OpenOptions, readConfig } from './open.ts';

/** The code host of a configuration file. Throws ConfigError or Failure before anything is asked. */
export const openProjectCodeHost = async ({
  configFile,
  env,
  onSecret,
}: Pick<OpenOptions, 'configFile' | 'env' | 'onSecret'>): Promise<CodeHost> => {
  const config = loadProject({ text: await readConfig(configFile), file: configFile, env });
  return openCodeHost({ config, env, clock: systemClock, onSecret });
};
