/** Thrown when something gave no answer in time. */
export class DeadlineError extends Error {
  readonly deadlineMs: number;
  constructor(what: string, deadlineMs: number) {
    super(`${what} gave no answer within ${deadlineMs} ms`);
    this.deadlineMs = deadlineMs;
  }
}

/** The result of `promise`, or a `DeadlineError` after `deadlineMs`. The promise itself continues; its late failure is swallowed. */
export async function withDeadline<T>(what: string, promise: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(what, deadlineMs)), deadlineMs);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
