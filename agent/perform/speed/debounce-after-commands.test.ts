import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Quiet } from './debounce-after-commands.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('work left by commands is done once, after they have ended', () => {
  const done: string[][] = [];
  const quiet = new Quiet<string>((wishes) => done.push(wishes));
  quiet.stir();
  vi.advanceTimersByTime(100);
  quiet.stir('promote');
  vi.advanceTimersByTime(100);
  quiet.stir('pooler-switch');
  expect(done).toEqual([]);
  vi.advanceTimersByTime(150);
  expect(done).toEqual([['promote', 'pooler-switch']]);
  expect(quiet.isWaiting).toBe(false);
  vi.advanceTimersByTime(10_000);
  expect(done).toHaveLength(1);
});

test('commands without an end do not put it off for ever', () => {
  const done: number[] = [];
  const startedAtMs = performance.now();
  const quiet = new Quiet<string>(() => done.push(Math.round(performance.now() - startedAtMs)));
  for (let each = 0; each < 50; each += 1) {
    quiet.stir('refused');
    vi.advanceTimersByTime(50);
  }
  expect(done[0]).toBeLessThanOrEqual(1_000);
  expect(done.length).toBeGreaterThanOrEqual(2);
});

test('nothing comes after the end', () => {
  const done: string[][] = [];
  const quiet = new Quiet<string>((wishes) => done.push(wishes));
  quiet.stir('stop');
  quiet.stop();
  vi.advanceTimersByTime(10_000);
  expect(done).toEqual([]);
});
