/** Virtual time: what is due is done in order of its time, then of its making. Nothing waits for a real clock. */
interface Due {
  atMs: number;
  order: number;
  work: () => void;
}

export class Schedule {
  nowMs = 0;
  #order = 0;
  readonly #heap: Due[] = [];

  after(delayMs: number, work: () => void): void {
    this.#order += 1;
    this.#push({ atMs: this.nowMs + delayMs, order: this.#order, work });
  }

  /** Runs until nothing is due before `untilMs`. `check` is called after each piece of work. */
  run(untilMs: number, check: () => void): void {
    for (;;) {
      const due = this.#heap[0];
      if (due === undefined || due.atMs > untilMs) break;
      this.#pop();
      this.nowMs = due.atMs;
      due.work();
      check();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  #push(due: Due): void {
    const heap = this.#heap;
    heap.push(due);
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at], heap[parent])) break;
      swap(heap, at, parent);
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      let least = at;
      if (before(heap[left], heap[least])) least = left;
      if (before(heap[left + 1], heap[least])) least = left + 1;
      if (least === at) break;
      swap(heap, at, least);
      at = least;
    }
  }
}

function before(a: Due | undefined, b: Due | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function swap(heap: Due[], a: number, b: number): void {
  const [first, second] = [heap[a], heap[b]];
  if (first === undefined || second === undefined) return;
  heap[a] = second;
  heap[b] = first;
}
