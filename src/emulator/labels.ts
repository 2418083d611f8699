import { invalidInput } from './errors.ts';

/*
 * docs.hetzner.cloud, labels and label selector; hcloud-go labels.go checks the same rules before it sends.
 */
type Labels = Readonly<Record<string, string>>;
const namePattern = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const prefixPattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const reservedPrefix = 'hetzner.cloud';

const keyProblem = (key: string): string | undefined => {
  const slash = key.indexOf('/');
  const prefix = slash === -1 ? undefined : key.slice(0, slash);
  if (prefix !== undefined && (prefix.length > 253 || !prefixPattern.test(prefix)))
    return `label key '${key}' has an invalid prefix`;
  if (prefix === reservedPrefix) return `label key '${key}' has the reserved prefix hetzner.cloud/`;
  return namePattern.test(key.slice(slash + 1)) ? undefined : `label key '${key}' is invalid`;
};

/** Throws invalid_input naming `labels` when a key or a value is not allowed. Null and undefined are no labels. */
export const checkedLabels = (labels: Labels | null | undefined): Record<string, string> => {
  const problems: string[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    const problem = keyProblem(key);
    if (problem !== undefined) problems.push(problem);
    if (value !== '' && !namePattern.test(value)) problems.push(`label value '${value}' of '${key}' is invalid`);
  }
  if (problems.length > 0) throw invalidInput({ labels: problems });
  return { ...labels };
};

export type LabelTest = (labels: Labels) => boolean;

/** Commas separate requirements, but not inside `in (a,b)`. */
const requirements = (selector: string): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of selector) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part].map((one) => one.trim());
};

const isKey = (key: string): boolean => {
  const slash = key.indexOf('/');
  return (slash === -1 || prefixPattern.test(key.slice(0, slash))) && namePattern.test(key.slice(slash + 1));
};
const isValue = (value: string): boolean => value === '' || namePattern.test(value);

const requirement = (text: string): LabelTest | undefined => {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    if (!isKey(key) || !values.every(isValue)) return undefined;
    const isIn: LabelTest = (labels) => labels[key] !== undefined && values.includes(labels[key]);
    return operator === 'in' ? isIn : (labels) => !isIn(labels);
  }
  const equality = /^([^=!\s]+)\s*(==|!=|=)\s*([^=!\s]*)$/.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    if (!isKey(key) || !isValue(value)) return undefined;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const absent = /^!\s*(\S+)$/.exec(text);
  if (absent !== null) {
    const [, key = ''] = absent;
    return isKey(key) ? (labels) => labels[key] === undefined : undefined;
  }
  return isKey(text) ? (labels) => labels[text] !== undefined : undefined;
};

/**
 * `k=v`, `k==v`, `k!=v`, `k`, `!k`, `k in (a,b)`, `k notin (a,b)`; a comma is AND. `!=` and `notin` also take what
 * lacks the key. Throws invalid_input naming `field`.
 */
export const labelSelector = (selector: string, field = 'label_selector'): LabelTest => {
  if (selector.trim() === '') return () => true;
  const tests = requirements(selector).map(requirement);
  const known = tests.filter((test) => test !== undefined);
  if (known.length !== tests.length) throw invalidInput({ [field]: [`invalid label selector '${selector}'`] });
  return (labels) => known.every((test) => test(labels));
};
