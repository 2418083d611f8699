import { declaredVariables, evaluate, type Value, type Variables } from './evaluate.ts';
import { type ArgumentType, type BlockShape, jobShape, type Shape, updateDefaults } from './job-shapes.ts';
import { type Attribute, type Block, type Body, type Place, parseHcl } from './parser.ts';
import { HclError } from './tokens.ts';

type Json = Record<string, unknown>;

/**
 * A job file and the text of a var-file, as POST /v1/jobs/parse takes them, to a canonical job of the API.
 * Variables of the var-file that the file doesn't declare are ignored, as Nomad does without `strict`.
 */
export const parseJob = (hcl: string, varFile: string): Json => {
  const file = parseHcl(hcl);
  const stray = file.blocks.find((block) => block.type !== 'variable' && block.type !== 'job');
  if (stray !== undefined) throw unsupported('block', stray.type, stray.at);
  const jobs = file.blocks.filter((block) => block.type === 'job');
  const [job] = jobs;
  if (job === undefined || jobs.length !== 1)
    throw new HclError('A job specification holds exactly one job block', { line: 1, column: 1 });
  const given = new Map<string, Value>(
    parseHcl(varFile).attributes.map(({ name, expression }) => [name, evaluate(expression, new Map())]),
  );
  return canonical(object(job, jobShape, declaredVariables(file, given)));
};

/** The words of HCL's own diagnostics. */
const unsupported = (what: 'block' | 'argument', name: string, at: Place): HclError =>
  new HclError(
    what === 'block'
      ? `Unsupported block type; Blocks of type "${name}" are not expected here.`
      : `Unsupported argument; An argument named "${name}" is not expected here.`,
    at,
  );

const object = (block: Block, shape: Shape, variables: Variables): Json => {
  const json: Json = { ...shape.defaults };
  if (shape.label !== undefined) {
    const [label] = block.labels;
    if (label === undefined || label === '')
      throw new HclError(`Missing name for ${block.type}; All ${block.type} blocks must have 1 label`, block.at);
    json[shape.label] = label;
  }
  for (const attribute of block.body.attributes) setArgument(json, attribute, shape, variables);
  for (const inner of block.body.blocks) setBlock(json, inner, shape, variables);
  return json;
};

const setArgument = (json: Json, { name, expression, at }: Attribute, shape: Shape, variables: Variables): void => {
  const known = shape.arguments[name];
  const block = shape.blocks?.[name];
  if (known === undefined && block?.as === 'free') {
    json[block.api] = texts(block.api, evaluate(expression, variables));
    return;
  }
  if (known === undefined) throw unsupported('argument', name, at);
  const [api, type] = known;
  const value = evaluate(expression, variables);
  if (value === null) return;
  json[api] = typed(value, type, name, at);
};

const setBlock = (json: Json, inner: Block, shape: Shape, variables: Variables): void => {
  const known = shape.blocks?.[inner.type];
  if (known === undefined) throw unsupported('block', inner.type, inner.at);
  const value = blockValue(inner, known, variables);
  if (known.as === 'many') json[known.api] = [...((json[known.api] as unknown[] | undefined) ?? []), value];
  else if (known.as === 'free') json[known.api] = { ...(json[known.api] as Json | undefined), ...(value as Json) };
  else json[known.api] = value;
};

const blockValue = (block: Block, known: BlockShape, variables: Variables): unknown => {
  if (known.shape !== undefined) return object(block, known.shape(), variables);
  return texts(known.api, free(block.body, variables));
};

/** Driver configuration keeps its types; blocks in it become lists, as the driver's own schema would have them. */
const free = (body: Body, variables: Variables): { [key: string]: Value } => {
  const json: { [key: string]: Value } = {};
  for (const { name, expression } of body.attributes) json[name] = evaluate(expression, variables);
  for (const block of body.blocks) {
    const before = json[block.type];
    json[block.type] = [...(Array.isArray(before) ? before : []), free(block.body, variables)];
  }
  return json;
};

/** `meta` and `env` hold text only. */
const texts = (api: string, value: Value): Value => {
  if (api === 'Config' || api === 'Consul' || value === null || typeof value !== 'object' || Array.isArray(value))
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, typeof entry === 'object' ? entry : String(entry)]),
  );
};

const units: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const duration = (value: Value): number | undefined => {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+$/.test(value))
    return value === '0' ? 0 : undefined;
  return [...value.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)].reduce(
    (sum, [, count, unit = 's']) => sum + Number(count) * (units[unit] ?? 0),
    0,
  );
};

const typed = (value: Value, type: ArgumentType, name: string, at: Place): unknown => {
  const converted = convertTo(value, type);
  if (converted === undefined)
    throw new HclError(
      `Incorrect attribute value type; Inappropriate value for attribute "${name}": ${type} required`,
      at,
    );
  return converted;
};
const convertTo = (value: Value, type: ArgumentType): unknown => {
  switch (type) {
    case 'string':
      return typeof value === 'object' ? undefined : String(value);
    case 'int':
      return typeof value !== 'object' && Number.isInteger(Number(value)) && value !== '' ? Number(value) : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : value === 'true' ? true : value === 'false' ? false : undefined;
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item !== 'object') ? value.map(String) : undefined;
    case 'duration':
      return duration(value);
    default:
      return value;
  }
};

/** What Canonicalize adds beyond defaults: names, split ports, and each group's update strategy from the job's. */
const canonical = (job: Json): Json => {
  const groups = (job['TaskGroups'] ?? []) as Json[];
  const updates = job['Type'] === 'service' || job['Type'] === 'system';
  return {
    ...job,
    Name: job['Name'] ?? job['ID'],
    TaskGroups: groups.map((group) => ({
      ...group,
      ...(updates ? { Update: { ...updateDefaults, ...asJson(job['Update']), ...asJson(group['Update']) } } : {}),
      ...(group['Networks'] === undefined ? {} : { Networks: (group['Networks'] as Json[]).map(splitPorts) }),
    })),
  };
};
const asJson = (value: unknown): Json => (value ?? {}) as Json;

/** A port with a static value is reserved, any other one is chosen when the allocation is placed. */
const splitPorts = ({ Ports, ...network }: Json): Json => {
  const ports = (Ports ?? []) as Json[];
  const isStatic = (port: Json): boolean => typeof port['Value'] === 'number' && port['Value'] > 0;
  const filled = ports.map((port) => ({ Value: 0, To: 0, HostNetwork: '', ...port }));
  return {
    ...network,
    DynamicPorts: filled.filter((port) => !isStatic(port)),
    ReservedPorts: filled.some(isStatic) ? filled.filter(isStatic) : null,
  };
};
