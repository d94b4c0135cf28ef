import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { asProblem } from '../gateway/problem.ts';
import { DURABLE_DEADLINE_MS, IngestQueue, NotDurable, QUEUE_SAMPLES_MAX } from './ingest-queue.ts';

interface TestBatch {
  name: string;
  sampleCount: number;
}

const log = pino({ level: 'silent' });
const batch = (name: string, sampleCount = 1): TestBatch => ({ name, sampleCount });

/** A database that takes, refuses content or is away, as told. */
function queueWith(persist: (batches: readonly TestBatch[]) => Promise<void>) {
  const durable: string[] = [];
  const queue = new IngestQueue<TestBatch>({ persist, onDurable: (batches) => durable.push(...batches.map(({ name }) => name)), log });
  return { queue, durable };
}

describe('ingest queue', () => {
  test('batches of many nodes are written together, and each is answered after the commit', async () => {
    const writes: number[] = [];
    const { queue, durable } = queueWith(async (batches) => void writes.push(batches.length));
    await Promise.all(Array.from({ length: 50 }, (_unused, index) => queue.submit(batch(`n${index}`))));
    expect(writes).toEqual([50]);
    expect(durable).toHaveLength(50);
    await queue.close();
  });

  test('one node’s content that PostgreSQL refuses turns only that node away', async () => {
    const { queue, durable } = queueWith(async (batches) => {
      if (batches.some(({ name }) => name === 'hostile')) throw Object.assign(new Error('invalid text'), { code: '22P05' });
    });
    const results = await Promise.allSettled(['a', 'hostile', 'b'].map((name) => queue.submit(batch(name))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(durable).toEqual(['a', 'b']);
    await queue.close();
  });

  test('while the database is away batches wait in order, and are written when it is back in time', async () => {
    let away = true;
    const { queue, durable } = queueWith(async () => {
      if (away) throw Object.assign(new Error('terminated'), { code: '57P01' });
    });
    const sent = ['a', 'b', 'c'].map((name) => queue.submit(batch(name)));
    setTimeout(() => (away = false), 700);
    await Promise.all(sent);
    expect(durable).toEqual(['a', 'b', 'c']);
    await queue.close();
  });

  test('after the deadline the agent is told to keep its samples, also when the write never returns', async () => {
    const { queue, durable } = queueWith(() => new Promise(() => undefined));
    const startedAt = performance.now();
    const problem = await queue.submit(batch('a')).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(NotDurable);
    expect(asProblem(problem).toProblem()).toMatchObject({ status: 503, retryable: true });
    expect(performance.now() - startedAt).toBeLessThan(DURABLE_DEADLINE_MS + 1_000);
    expect(durable).toEqual([]);
  });

  test('a full queue refuses at once, and takes again when it has drained', async () => {
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const { queue } = queueWith(() => gate);
    const filling = Array.from({ length: QUEUE_SAMPLES_MAX / 1000 }, () => queue.submit(batch('big', 1000)));
    await expect(queue.submit(batch('one more'))).rejects.toMatchObject({ reason: 'unavailable' });
    letGo();
    await Promise.all(filling);
    await queue.submit(batch('after'));
    expect(queue.depth).toBe(0);
    await queue.close();
  });

  test('closing writes what waits', async () => {
    const { queue, durable } = queueWith(async () => undefined);
    const sent = queue.submit(batch('last'));
    await queue.close();
    await sent;
    expect(durable).toEqual(['last']);
  });
});
