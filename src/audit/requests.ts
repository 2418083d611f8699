import { labelNames } from '../domain/labels.ts';
import type { AnyCloudResource, Step } from '../domain/plan.ts';
import { type Audit, type AuditFinding, error } from './audit.ts';

/** docs.hetzner.cloud, servers › create: user data is at most 32 KiB. */
const userDataBytesMax = 32 * 1024;
/** docs.hetzner.cloud, labels: values of at most 63 characters, alphanumeric at both ends. */
const labelValue = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

/** What is sent is complete and fits: labels from the first request on, sizes, a place for each server. */
export const auditRequests: Audit = ({ plan, environment }) => {
  const ordered = new Map<string, string>();
  return plan.steps.flatMap((step) => {
    const { effect } = step;
    if (effect.port !== 'cloud' || effect.op === 'delete') return [];
    if (effect.op === 'change') return effect.change.op === 'rebuild' ? userData(step, effect.change.userData) : [];
    const found = labels(step, effect.resource, environment.project, environment.name);
    const name = `${effect.resource.kind} ${effect.resource.name}`;
    const other = ordered.get(name);
    if (other !== undefined && effect.resource.kind !== 'rrset')
      found.push(error(`${step.id} and ${other} order the same name`));
    ordered.set(name, step.id);
    if (effect.resource.kind === 'server') {
      if (effect.placement === undefined) found.push(error(`${step.id} says neither type nor location`));
      found.push(...userData(step, effect.resource.spec.userData));
    }
    return found;
  });
};

const userData = ({ id }: Step, text: string): AuditFinding[] => {
  const bytes = utf8Bytes(text);
  return bytes <= userDataBytesMax
    ? []
    : [error(`${id} sends ${bytes} bytes of user data; Hetzner takes ${userDataBytesMax}`)];
};

const utf8Bytes = (text: string): number => {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
};

const labels = (
  { id }: Step,
  { labels: map, scope }: AnyCloudResource,
  project: string,
  environment: string,
): AuditFinding[] => {
  const wanted: Readonly<Record<string, string | undefined>> = {
    [labelNames.project]: project,
    [labelNames.environment]: scope === 'shared' ? 'shared' : environment,
    [labelNames.environmentType]: undefined,
    [labelNames.address]: undefined,
    [labelNames.run]: undefined,
  };
  const found: AuditFinding[] = [];
  for (const [name, value] of Object.entries(wanted)) {
    if (map[name] === undefined || map[name] === '') found.push(error(`${id} lacks the label ${name}`));
    else if (value !== undefined && map[name] !== value)
      found.push(error(`${id} has the label ${name}=${map[name]}, not ${value}`));
  }
  for (const [name, value] of Object.entries(map))
    if (!labelValue.test(value)) found.push(error(`${id} has the label ${name}=${value}, which Hetzner refuses`));
  return found;
};
