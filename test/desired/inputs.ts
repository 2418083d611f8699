import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { environmentFor } from '../../src/config/environment.ts';
import { loadProject } from '../../src/config/project.ts';
import { desiredState } from '../../src/desired/desired.ts';
import type { Environment, Target } from '../../src/domain/environment.ts';
import type { AnyResource, DesiredState, Resource, WantedKind } from '../../src/domain/resource.ts';
import { gzipBase64 } from '../../src/local/hash.ts';
import type { Assets } from '../../src/render/assets.ts';

const home = resolve(import.meta.dirname, '../..');
const folder = (name: string): Record<string, string> =>
  Object.fromEntries(readdirSync(resolve(home, name)).map((file) => [`${name}/${file}`, text(`${name}/${file}`)]));
const text = (path: string): string => readFileSync(resolve(home, path), 'utf8');

/** The project's real templates, jobs and infra.yaml. */
export const assets: Assets = { cloudInit: folder('cloud-init'), templates: folder('templates'), jobs: folder('jobs') };
export const infra = text('infra.yaml');
export const hash = (value: string): string => createHash('sha256').update(value).digest('hex');

export const environmentOf = (target: Target, source = infra): Environment =>
  environmentFor(loadProject({ text: source, file: 'infra.yaml', env: {} }), target);

export const desired = (environment: Environment): DesiredState =>
  desiredState({ environment, state: null, emulated: true, assets, hash, gzip: gzipBase64 });

export const find = <K extends WantedKind>(state: DesiredState, kind: K): Resource<K>[] =>
  state.resources.filter((one: AnyResource) => one.kind === kind) as unknown as Resource<K>[];
