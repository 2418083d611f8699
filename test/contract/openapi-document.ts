import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/*
 * Hetzner's OpenAPI document (state 2026-07-08), made strict: a key that it doesn't know is an error too. What the API
 * changed since then is a table of amendments, so that everything else must fit to the letter.
 */
type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

interface Amendment {
  readonly since: string;
  readonly what: string;
  /** Called for every schema, with the name of the property that it describes. */
  readonly amend: (schema: Node, property: string) => void;
}
const drop = (schema: Node, name: string): void => {
  if (Array.isArray(schema['required'])) schema['required'] = schema['required'].filter((one) => one !== name);
};
const add = (schema: Node, properties: Node): void => {
  schema['properties'] = { ...(schema['properties'] as Node), ...properties };
};
const deprecation = { type: ['object', 'null'] };
export const amendments: readonly Amendment[] = [
  {
    since: 'document',
    what: 'null is in no enum of the document, though it is among the types (architecture of ISOs)',
    amend: (schema) => {
      if (Array.isArray(schema['type']) && schema['type'].includes('null') && Array.isArray(schema['enum']))
        schema['enum'] = [...schema['enum'], null];
    },
  },
  {
    since: '2026-08-01',
    what: 'assignee_type of a free primary IP is `unassigned`',
    amend: (schema, property) => {
      if (property === 'assignee_type') schema['enum'] = ['server', 'unassigned'];
    },
  },
  {
    since: '2026-08-17',
    what: 'health_status of load balancer targets has detail and http_status_code',
    amend: (schema, property) => {
      if (property === 'health_status')
        add(schema['items'] as Node, { detail: { type: 'string' }, http_status_code: { type: 'integer' } });
    },
  },
  {
    since: '2026-11-02',
    what: '`deprecated` is gone from server types, load balancer types and images',
    amend: (schema) => drop(schema, 'deprecated'),
  },
  {
    since: '2026-11-02',
    what: 'images have `deprecation`',
    amend: (schema) => {
      if (isNode(schema['properties']) && 'rapid_deploy' in schema['properties']) add(schema, { deprecation });
    },
  },
  {
    since: 'emulator',
    what: 'a selector target that has no address at the moment is shown without `ip`',
    amend: (schema, property) => {
      if (property === 'server') drop(schema, 'ip');
    },
  },
];

/** `combined`: part of an allOf, whose whole decides which keys are known. */
const strict = (schema: unknown, property = '', combined = false): unknown => {
  if (Array.isArray(schema)) return schema.map((one) => strict(one, property, combined));
  if (!isNode(schema)) return schema;
  const copy: Node = { ...schema };
  for (const { amend } of amendments) amend(copy, property);
  if (isNode(copy['properties']))
    copy['properties'] = Object.fromEntries(
      Object.entries(copy['properties']).map(([name, one]) => [name, strict(one, name)]),
    );
  if ('items' in copy) copy['items'] = strict(copy['items']);
  for (const key of ['oneOf', 'anyOf', 'allOf'])
    if (key in copy) copy[key] = strict(copy[key], property, combined || key === 'allOf');
  if (isNode(copy['additionalProperties'])) copy['additionalProperties'] = strict(copy['additionalProperties']);
  const closes = !combined && !('additionalProperties' in copy) && ('properties' in copy || 'allOf' in copy);
  if (closes) copy['unevaluatedProperties'] = false;
  return copy;
};

export interface Operation {
  readonly method: string;
  /** `/servers/{id}` */
  readonly path: string;
  readonly request: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}
const schemaIn = (body: unknown): unknown => {
  const content = isNode(body) && isNode(body['content']) ? body['content']['application/json'] : undefined;
  return isNode(content) ? content['schema'] : undefined;
};
const methods = ['get', 'post', 'put', 'delete'];

/** HETZNER_OPENAPI, or the copy beside a checkout; undefined: there is none to check against. */
export const documentFile = ((): string | undefined => {
  const named = process.env['HETZNER_OPENAPI'];
  if (named !== undefined && !existsSync(named)) throw new Error(`HETZNER_OPENAPI names ${named}, which is not there`);
  const beside = resolve(import.meta.dirname, '../../../shared/reference/hetzner-openapi.json');
  return [named, beside].find((file) => file !== undefined && existsSync(file));
})();

export const operationsOf = (file: string): readonly Operation[] => {
  const document = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, Record<string, Node>> };
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.includes(method))
      .map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        request: schemaIn(operation['requestBody']),
        responses: Object.fromEntries(
          Object.entries(operation['responses'] as Node).map(([status, body]) => [status, schemaIn(body)]),
        ),
      })),
  );
};

/** Compiles each schema once. Formats are Hetzner's own (`int64`, `decimal`) and not checked. */
export const createValidator = () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  const compiled = new Map<unknown, ValidateFunction>();
  return (schema: unknown, value: unknown): string[] => {
    const known = compiled.get(schema) ?? ajv.compile(strict(schema) as object);
    compiled.set(schema, known);
    if (known(value)) return [];
    return (known.errors ?? []).map(
      (error) => `${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
    );
  };
};

/** The operation a request meets; of several patterns the one with the fewest parameters. */
export const createMatcher = (operations: readonly Operation[]) => {
  const patterns = operations.map((operation) => ({
    operation,
    parameters: operation.path.split('{').length,
    test: new RegExp(`^${operation.path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
  }));
  patterns.sort((a, b) => a.parameters - b.parameters);
  return (method: string, path: string): Operation | undefined =>
    patterns.find(({ operation, test }) => operation.method === method && test.test(path))?.operation;
};
