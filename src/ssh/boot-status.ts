import { z } from 'zod';
import type { BootStatus } from '../ports/machines.ts';
import type { BootFacts } from './boot-script.ts';
import { bootTimings } from './boot-timings.ts';

/** The verdict on one look; an error's log is fetched by the caller. */
export const bootVerdict = (facts: BootFacts): BootStatus => {
  if (facts.error !== undefined) return { stage: 'error', detail: `the bootstrap failed: ${facts.error.trim()}` };
  if (facts.done) return { stage: 'done', timings: bootTimings(facts) };
  const fault = cloudInitFault(facts);
  if (fault !== undefined) return { stage: 'error', detail: fault };
  return { stage: 'running', detail: detail(facts), awaitsFiles: !facts.installed && !facts.delivered };
};

const detail = ({ stage, status }: BootFacts): string => {
  if (stage !== undefined && stage.trim() !== '') return `bootstrap: ${stage.trim()}`;
  const current = parse(status)?.stage;
  return current ? `cloud-init: ${current}` : 'cloud-init has not begun';
};

/** cloud-init writes its stages as keys of v1: `init-local`, `init`, `modules-config`, `modules-final`. */
const stageSchema = z.object({ errors: z.array(z.string()).optional() });
const statusSchema = z.object({ v1: z.record(z.string(), z.unknown()) });

const parse = (text: string | undefined): { stage: string | null; errors: readonly string[] } | undefined => {
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Caught in the middle of a write, or longer than we read: the next look tells.
    return undefined;
  }
  const status = statusSchema.safeParse(json);
  if (!status.success) return undefined;
  const { v1 } = status.data;
  const errors = [v1, ...Object.values(v1)].flatMap((one) => stageSchema.safeParse(one).data?.errors ?? []);
  return { stage: typeof v1['stage'] === 'string' ? v1['stage'] : null, errors };
};

const cloudInitFault = (facts: BootFacts): string | undefined => {
  const errors = [...new Set([...(parse(facts.status)?.errors ?? []), ...(parse(facts.result)?.errors ?? [])])];
  if (errors.length > 0) return `cloud-init failed: ${errors.join('; ').slice(0, 1000)}`;
  if (facts.units?.split('\n').includes('failed')) return 'cloud-init failed: one of its services did';
  if (facts.result === undefined) return undefined;
  const reached = facts.stage?.trim();
  return reached
    ? `cloud-init has ended, but the bootstrap has not: it got to ${reached}`
    : 'cloud-init has ended, but the bootstrap never began: the user data was not understood';
};
