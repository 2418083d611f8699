import type { Environment } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import type { Assets } from './assets.ts';
import { yamlText } from './embed.ts';
import { type ServerNode, serverView } from './server-view.ts';
import { renderTemplate } from './template.ts';

/** docs.hetzner.cloud, servers › create, user_data: "This field is limited to 32KiB" (checked 2026-11). */
export const userDataBytesMax = 32 * 1024;

const cloudInitName = 'cloud-init/server.yaml.hbs';

/**
 * The user data of one server: `cloud-init/server.yaml.hbs` with the files it names from `templates/` embedded. Throws
 * Failure on a missing template or variable, and when the result is too long for Hetzner.
 */
export const renderUserData = (environment: Environment, node: ServerNode, assets: Assets): string => {
  const data = serverView(environment, node);
  const sizes: { name: string; bytes: number }[] = [];
  /** `{{file 'consul.hcl' 6}}`: templates/consul.hcl.hbs rendered, as a YAML value whose lines start at column 6. */
  const file = (name: unknown, indent: unknown): string => {
    const path = `templates/${String(name)}.hbs`;
    const text = renderTemplate({ name: path, source: sourceOf(assets.templates, path), data });
    const value = yamlText(text, Number(indent));
    sizes.push({ name: path, bytes: byteLength(value) });
    return value;
  };
  const source = sourceOf(assets.cloudInit, cloudInitName);
  const text = renderTemplate({ name: cloudInitName, source, data, helpers: { file } });
  if (!text.startsWith('#cloud-config\n'))
    throw new Failure(`${cloudInitName} must begin with a line #cloud-config: cloud-init ignores it otherwise`);
  const bytes = byteLength(text);
  if (bytes > userDataBytesMax) throw tooLong(node.name, bytes, sizes);
  return text;
};

const sourceOf = (files: Readonly<Record<string, string>>, path: string): string => {
  const source = files[path];
  if (source !== undefined) return source;
  throw new Failure(`there is no template ${path}`, { next: `the folder holds ${Object.keys(files).join(', ')}` });
};

const tooLong = (server: string, bytes: number, sizes: readonly { name: string; bytes: number }[]): Failure => {
  const largest = [...sizes].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  return new Failure(
    `the user data of ${server} has ${bytes} bytes, Hetzner takes ${userDataBytesMax}; most of it: ${largest
      .map((one) => `${one.name} ${one.bytes}`)
      .join(', ')}`,
    { next: `shorten ${largest[0]?.name ?? cloudInitName}` },
  );
};

/** UTF-8 bytes, which is what Hetzner counts. */
const byteLength = (text: string): number => new TextEncoder().encode(text).length;
