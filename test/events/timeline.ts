/** One true time; what happens at the same time happens in the order it was asked for. All that follows without waiting follows at once. */
export interface Timeline {
  now(): number;
  at(when: number, run: () => void): void;
  /** Lives until nothing is left to happen, or until `until`. */
  run(until?: number): Promise<void>;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export const startOfTime = Date.UTC(2026, 10, 24, 9);

export const createTimeline = (): Timeline => {
  let now = startOfTime;
  let order = 0;
  const heap: Event[] = [];
  return {
    now: () => now,
    at(when, run) {
      order += 1;
      push(heap, { at: Math.max(now, when), order, run });
    },
    async run(until = Number.POSITIVE_INFINITY) {
      await turn();
      for (let next = heap[0]; next !== undefined && next.at <= until; next = heap[0]) {
        pop(heap);
        now = next.at;
        next.run();
        await turn();
      }
      if (Number.isFinite(until)) now = Math.max(now, until);
    },
  };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap: the next event is its first. */
const push = (heap: Event[], event: Event): void => {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Event;
    if (!before(event, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = event;
};

const pop = (heap: Event[]): void => {
  const last = heap.pop() as Event;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child += 1;
    const below = heap[child] as Event;
    if (!before(below, last)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
};
