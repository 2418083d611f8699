import { parseDocument } from 'yaml';
import { userDataMarks } from '../domain/cluster-keys.ts';
import type { Environment } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import type { Assets } from './assets.ts';
import { yamlText } from './embed.ts';
import { type ServerNode, serverView } from './server-view.ts';
import { renderTemplate } from './template.ts';

/** docs.hetzner.cloud, servers › create, user_data: "This field is limited to 32KiB" (checked 2026-11). */
export const userDataBytesMax = 32 * 1024;
/** What takes the marks' places: an OpenSSH ed25519 key has about 420 bytes, its public line 100, each of them once. */
const marksBytes = 1024;
const userDataBytes = userDataBytesMax - marksBytes;

const cloudInitName = 'cloud-init/server.yaml.hbs';

/** Text, compressed by gzip and written in base64. */
export type Gzip = (text: string) => string;

export interface UserData {
  /** What is sent, with the marks of domain/cluster-keys.ts in it. */
  readonly text: string;
  /**
   * The same with nothing compressed: what the fingerprint covers. Another release of zlib may compress to other bytes,
   * and that must rebuild no server.
   */
  readonly plain: string;
}

/** A file that the user data writes, in the two forms that it can travel in. */
interface Embedded {
  /** `templates/nomad.hcl.hbs`. */
  readonly template: string;
  /** Stands for it in the text until it is settled how it travels. */
  readonly place: string;
  readonly plain: string;
  readonly packed: () => string;
}

/**
 * The user data of one server: `cloud-init/server.yaml.hbs` with the files it names from `templates/`. What is too long
 * for Hetzner travels with its largest files compressed, as many as it takes (cloud-init, write_files: `gz+b64`, read
 * alike from every datasource). Throws Failure on a missing template or variable, and when even that is too long.
 */
export const renderUserData = (environment: Environment, node: ServerNode, assets: Assets, gzip: Gzip): UserData => {
  const { frame, files } = embed(serverView(environment, node), assets, gzip);
  const plain = files.reduce((text, file) => put(text, file.place, file.plain), frame);
  let bytes = byteLength(plain);
  let text = plain;
  for (const { plain: readable, packed, bytes: saved } of bytes <= userDataBytes ? [] : savings(files)) {
    text = put(text, readable, packed);
    bytes -= saved;
    if (bytes <= userDataBytes) break;
  }
  if (bytes > userDataBytes) throw tooLong(node.name, byteLength(plain), bytes, files);
  return { text, plain };
};

/** Not by a pattern: a file's own `$&` stays as it is. */
const put = (text: string, place: string, content: string): string => text.replace(place, () => content);

const savings = (files: readonly Embedded[]) =>
  files
    .map((file) => ({ plain: file.plain, packed: file.packed() }))
    .map((both) => ({ ...both, bytes: byteLength(both.plain) - byteLength(both.packed) }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);

const embed = (data: object, assets: Assets, gzip: Gzip): { frame: string; files: readonly Embedded[] } => {
  const files: Embedded[] = [];
  /** `{{write "consul.hcl" "/etc/consul.d/consul.hcl" "0644"}}`: an entry of `write_files` from templates/consul.hcl.hbs. */
  const write = (name: unknown, path: unknown, mode: unknown): string => {
    const template = `templates/${String(name)}.hbs`;
    const content = renderTemplate({ name: template, source: sourceOf(assets.templates, template), data });
    const head = `  - path: ${String(path)}\n    permissions: "${String(mode)}"\n`;
    const place = `@@file-${files.length}@@`;
    files.push({
      template,
      place,
      plain: `${head}    content: ${yamlText(content, 6)}`,
      packed: () => `${head}    encoding: gz+b64\n    content: ${gzip(content)}`,
    });
    return place;
  };
  const source = sourceOf(assets.cloudInit, cloudInitName);
  const frame = renderTemplate({ name: cloudInitName, source, data, helpers: { write } });
  if (!frame.startsWith('#cloud-config\n'))
    throw new Failure(`${cloudInitName} must begin with a line #cloud-config: cloud-init ignores it otherwise`);
  refuseBroken(frame, source);
  for (const mark of Object.values(userDataMarks))
    if (frame.split(mark).length !== 2)
      throw new Failure(`${cloudInitName} must have ${mark} once: no one could log in to the server otherwise`);
  return { frame, files };
};

/**
 * cloud-init ignores what is no YAML, and such a server would never be heard of. The files are left out of the look:
 * they are put in as YAML by this code. The line is the template's where it has a line like the one at fault.
 */
const refuseBroken = (frame: string, source: string): void => {
  const text = frame.replace(/^@@file-\d+@@$/gm, '  - {}').replace(/@@[\w-]+@@/g, 'filled later');
  const [fault] = parseDocument(text, { prettyErrors: true }).errors;
  if (fault === undefined) return;
  const written = text.split('\n')[(fault.linePos?.[0].line ?? 1) - 1] ?? '';
  const line = source.split('\n').indexOf(written) + 1;
  const what = fault.message.split(' at line ')[0]?.split('\n')[0];
  throw new Failure(`${cloudInitName}${line === 0 ? '' : `:${line}`}: this is no YAML: ${what}`, {
    next: `mend the line: ${written.trim()}`,
    cause: fault,
  });
};

const sourceOf = (files: Readonly<Record<string, string>>, path: string): string => {
  const source = files[path];
  if (source !== undefined) return source;
  throw new Failure(`there is no template ${path}`, { next: `the folder holds ${Object.keys(files).join(', ')}` });
};

const tooLong = (server: string, plain: number, bytes: number, files: readonly Embedded[]): Failure => {
  const largest = files
    .map((file) => ({ template: file.template, plain: byteLength(file.plain), packed: byteLength(file.packed()) }))
    .sort((a, b) => b.plain - a.plain)
    .slice(0, 3);
  return new Failure(
    `the user data of ${server} has ${plain} bytes, ${bytes} when compressed; Hetzner takes ${userDataBytesMax}, ${marksBytes} of them for keys; most of it: ${largest
      .map((one) => `${one.template} ${one.plain} (${one.packed})`)
      .join(', ')}`,
    { next: `shorten ${largest[0]?.template ?? cloudInitName}` },
  );
};

/** UTF-8 bytes, which is what Hetzner counts. */
const byteLength = (text: string): number => new TextEncoder().encode(text).length;
