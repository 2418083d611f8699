import { gunzipSync } from 'node:zlib';
import { parseDocument } from 'yaml';
import { type AgentConfig, agentConfig } from './agent-config.ts';
import type { BootStageName } from './timings.ts';

export interface MachineConfig {
  readonly consul: AgentConfig | null;
  readonly nomad: AgentConfig | null;
  readonly caddy: boolean;
  /** Its bootstrap stops until files were delivered that must not travel in user data. */
  readonly awaitsKeys: boolean;
  readonly problem: { readonly stage: BootStageName; readonly detail: string } | null;
}

const nothing: MachineConfig = { consul: null, nomad: null, caddy: false, awaitsKeys: false, problem: null };
const problem = (stage: BootStageName, detail: string): MachineConfig => ({ ...nothing, problem: { stage, detail } });

/** Reads user data as cloud-init would; what it would stumble over is the `problem`, with the stage it happens in. */
export const readUserData = (userData: string | null, hostname: string): MachineConfig => {
  if (userData === null || userData.trim() === '') return nothing;
  const text = decode(userData);
  if (!/^#cloud-config\s/.test(text))
    return problem('write_files', `Unhandled non-multipart (text/x-not-multipart) userdata: '${text.slice(0, 20)}...'`);
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) return problem('write_files', `Failed loading yaml blob: ${error.message.split('\n')[0]}`);
  const config: unknown = document.toJS();
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    return problem('write_files', 'Failed loading yaml blob: the top is not a mapping');
  return readConfig(config as Record<string, unknown>, hostname);
};

const decode = (userData: string): string => {
  if (userData.startsWith('#')) return userData;
  const bytes = Buffer.from(userData, 'base64');
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8');
};

const readConfig = (config: Record<string, unknown>, hostname: string): MachineConfig => {
  const files = config['write_files'] ?? [];
  if (!Array.isArray(files)) return problem('write_files', 'write_files is not a list');
  const contents = new Map<string, string>();
  for (const file of files as Record<string, unknown>[]) {
    if (typeof file?.['path'] !== 'string') return problem('write_files', 'an entry of write_files has no path');
    contents.set(file['path'], fileContent(file));
  }
  const textsOf = (directory: string): string[] =>
    [...contents].flatMap(([path, text]) => (path.startsWith(directory) && path.endsWith('.hcl') ? [text] : []));
  const consulTexts = textsOf('/etc/consul.d/');
  const nomadTexts = textsOf('/etc/nomad.d/');
  if (consulTexts.length === 0 && nomadTexts.length === 0) return nothing;
  if (!Array.isArray(config['runcmd']) || config['runcmd'].length === 0)
    return problem('services', 'Consul and Nomad are configured but runcmd starts nothing');
  try {
    const consul = consulTexts.length === 0 ? null : agentConfig('consul', consulTexts, hostname);
    const nomad = nomadTexts.length === 0 ? null : agentConfig('nomad', nomadTexts, hostname);
    const lonely = impossible('consul', consul) ?? impossible('nomad', nomad);
    const caddy = [...contents.keys()].some((path) => path.startsWith('/etc/caddy/'));
    const awaitsKeys = [consul, nomad].some((agent) => agent !== null && (agent.acl || agent.needs.length > 0));
    return {
      consul,
      nomad,
      caddy,
      awaitsKeys,
      problem: lonely === null ? null : { stage: 'services', detail: lonely },
    };
  } catch (error) {
    return problem(
      'services',
      `an agent refused its configuration: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

const fileContent = (file: Record<string, unknown>): string => {
  const content = typeof file['content'] === 'string' ? file['content'] : '';
  const encoding = String(file['encoding'] ?? '');
  if (encoding === '') return content;
  const bytes = Buffer.from(content, 'base64');
  return encoding.startsWith('gz') ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8');
};

const impossible = (system: string, config: AgentConfig | null): string | null => {
  if (config === null) return null;
  const others = new Set(config.retryJoin.filter((ip) => ip !== config.bindIp));
  return others.size + 1 < config.bootstrapExpect
    ? `${system}: bootstrap_expect = ${config.bootstrapExpect} but retry_join names ${others.size} other server${others.size === 1 ? '' : 's'}`
    : null;
};
