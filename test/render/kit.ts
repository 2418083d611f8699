import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { serverNodes } from '../../src/desired/server.ts';
import { userDataMarks } from '../../src/domain/cluster-keys.ts';
import type { Environment } from '../../src/domain/environment.ts';
import { gzipBase64 } from '../../src/local/hash.ts';
import type { Assets } from '../../src/render/assets.ts';
import { renderUserData, type UserData } from '../../src/render/user-data.ts';
import { assets, environmentOf } from '../desired/inputs.ts';

export const production = environmentOf({ type: 'production' });
export const staging = environmentOf({ type: 'staging' });
export const preview = environmentOf({ type: 'pr', pullRequest: 7 });

export const nodeOf = (environment: Environment, number = 1) => {
  const node = serverNodes(environment)[number - 1];
  if (node === undefined) throw new Error(`no server ${number}`);
  return node;
};
export const render = (environment: Environment = production, number = 1, files: Assets = assets): UserData =>
  renderUserData(environment, nodeOf(environment, number), files, gzipBase64);

/** As the server gets it: with something in the marks' places. */
export const filled = (userData: string): string =>
  Object.values(userDataMarks).reduce((text, mark) => text.replaceAll(mark, JSON.stringify(`of ${mark}`)), userData);

interface WriteFile {
  readonly path: string;
  readonly content: string;
  readonly permissions: string;
  readonly encoding?: string;
}
export interface CloudConfig extends Readonly<Record<string, unknown>> {
  readonly write_files: readonly WriteFile[];
}
export const cloudConfig = (userData: string): CloudConfig => parse(filled(userData)) as CloudConfig;

export const contentOf = ({ content, encoding }: WriteFile): string =>
  encoding === undefined ? content : gunzipSync(Buffer.from(content, 'base64')).toString('utf8');
/** Path to content of all that the user data writes. */
export const filesOf = (userData: string): Record<string, string> =>
  Object.fromEntries(cloudConfig(userData).write_files.map((file) => [file.path, contentOf(file)]));

export const withTemplate = (name: string, source: string): Assets => ({
  ...assets,
  templates: { ...assets.templates, [`templates/${name}.hbs`]: source },
});
export const withTailscale = (environment: Environment): Environment => ({
  ...environment,
  tailscale: {
    version: '1.102.3',
    checksums: { amd64: 'a'.repeat(64), arm64: 'b'.repeat(64) },
    tags: ['tag:server', 'tag:web'],
  },
});
