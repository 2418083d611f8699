import type { JobVariables } from '../domain/resource.ts';

/**
 * Variables as the text of an HCL var-file, which is how POST /v1/jobs/parse takes them (nomad/api-docs/jobs, "Variables").
 * JSON's string escapes are HCL's too, but for `${` and `%{`, which would start a template and are doubled.
 */
export const varFile = (variables: JobVariables): string =>
  Object.entries(variables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} = ${literal(value)}\n`)
    .join('');

const literal = (value: JobVariables[string]): string => {
  if (typeof value === 'object') return `[${value.map(literal).join(', ')}]`;
  return typeof value === 'string'
    ? JSON.stringify(value)
        .replaceAll('${', () => '$${')
        .replaceAll('%{', '%%{')
    : String(value);
};
