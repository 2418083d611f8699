import { shippedConfig } from '../support/lab.ts';

/** infra.yaml as it is shipped, with previews on shared servers. */
export const poolConfig = (pool = ''): string =>
  shippedConfig.replace('    max: 15 # MAX_PR', `    mode: pool\n${pool}    max: 15 # MAX_PR`);
