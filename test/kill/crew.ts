import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import type { Answer, Order } from './messages.ts';

export interface Crew {
  /** By whoever is free next. Rejects when the worker ends or can't say. */
  do(order: Order): Promise<Exclude<Answer, { broken: string }>>;
  dismiss(): void;
}

/** As many processes as there are cores to use. */
export const hireCrew = (size: number): Crew => {
  const workers = Array.from({ length: size }, () =>
    fork(resolve(import.meta.dirname, 'worker.ts'), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  );
  const free = [...workers];
  const queue: ((worker: (typeof workers)[number]) => void)[] = [];
  const release = (worker: (typeof workers)[number]): void => {
    const next = queue.shift();
    if (next === undefined) free.push(worker);
    else next(worker);
  };
  return {
    async do(order) {
      const worker = free.pop() ?? (await new Promise<(typeof workers)[number]>((take) => queue.push(take)));
      try {
        const reply = await new Promise<Answer>((told, gone) => {
          const onExit = (): void => gone(new Error('a worker of the kill test ended'));
          worker.once('exit', onExit);
          worker.once('message', (message: Answer) => {
            worker.off('exit', onExit);
            told(message);
          });
          worker.send(order);
        });
        if ('broken' in reply) throw new Error(reply.broken);
        return reply;
      } finally {
        release(worker);
      }
    },
    dismiss: () => {
      for (const worker of workers) worker.disconnect();
    },
  };
};
