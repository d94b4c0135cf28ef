import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  REFERENCE,
  describeWait,
  ensurePatience,
  factorOf,
  forgetMeasured,
  isWaitOver,
  labsAtOnce,
  lastResort,
  measurePatience,
  patience,
  patient,
} from './patience.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const forced = (value: string): void => void vi.stubEnv('FARSHORE_PATIENCE', value);
const measured = (value: string): void => {
  vi.stubEnv('FARSHORE_PATIENCE', '');
  vi.stubEnv('FARSHORE_PATIENCE_MEASURED', value);
};

describe('the factor', () => {
  test.each([
    ['the reference machine', {}, 1],
    ['a quicker machine: deadlines are never shorter', { segmentMs: 5, programMs: 0.3, nodeMs: 20 }, 1],
    ['a slow disk alone', { segmentMs: 104 }, 4],
    ['slow to start programs alone', { programMs: 3.7 }, 3.7],
    ['busy cores alone', { nodeMs: 3 * REFERENCE.nodeMs }, 3],
    ['the slowest part counts', { segmentMs: 52, programMs: 2.5 }, 2.5],
    ['hopelessly slow', { segmentMs: 26_000 }, 10],
  ])('%s', (_, speed, factor) => {
    expect(factorOf({ ...REFERENCE, ...speed })).toBe(factor);
  });

  test('a person’s word stands before what was measured, and is not measured over', async () => {
    measured('2');
    expect(patience()).toBe(2);
    forced('3.5');
    expect(patience()).toBe(3.5);
    expect(await measurePatience()).toMatch(/^FARSHORE_PATIENCE=3.5/);
    expect(process.env['FARSHORE_PATIENCE_MEASURED']).toBe('2');
  });

  test.each(['0', '0.5', '11', 'much', '-1'])('“%s” is refused', (value) => {
    forced(value);
    expect(() => patience()).toThrow(/FARSHORE_PATIENCE is “.+”; it must be a number from 1 to 10/);
  });

  test('is measured on this machine, told in words, and only grows until it is forgotten', async () => {
    measured('');
    await ensurePatience();
    expect(patience()).toBeGreaterThanOrEqual(1);
    measured('9.9');
    await ensurePatience();
    expect(patience()).toBe(9.9);
    expect(await measurePatience()).toMatch(/^16 MB are on disk in \d+ ms .* a program runs in \d+\.\d ms .* Node starts in \d+ ms/);
    expect(patience()).toBeGreaterThanOrEqual(9.9);
    forgetMeasured();
    expect(patience()).toBe(1);
  });
});

describe('deadlines', () => {
  test('are stretched; that of a test as a whole twice, and never less than four times', () => {
    forced('2.5');
    expect(patient(10_000)).toBe(25_000);
    expect(lastResort(10_000)).toBe(50_000);
    forced('1');
    expect(lastResort(10_000)).toBe(40_000);
    forced('2.5');
    expect(describeWait(10_000)).toBe('25 s (10 s, times 2.5 for this machine)');
    forced('1');
    expect(describeWait(10_000)).toBe('10 s');
  });

  test('a wait is over after its stretched deadline, and not before', async () => {
    forced('2');
    expect(await isWaitOver(performance.now() - 30_000, 20_000)).toBe(false);
    expect(await isWaitOver(performance.now() - 41_000, 20_000)).toBe(true);
  });

  test('a wait that would be over continues when the machine turns out to have slowed down, once', async () => {
    measured('1');
    const looks: string[] = [];
    const measure = (factor: string) => async (): Promise<void> => {
      looks.push(factor);
      measured(factor);
    };
    expect(await isWaitOver(performance.now() - 150_000, 100_000, measure('2'))).toBe(false);
    expect(await isWaitOver(performance.now() - 150_000, 100_000, measure('9'))).toBe(false);
    expect(looks).toEqual(['2']);
    expect(await isWaitOver(performance.now() - 250_000, 100_000, measure('2'))).toBe(true);
  });
});

describe('labs side by side', () => {
  test.each([
    [2, 1, 3],
    [2, 1.5, 3],
    [2, 1.6, 2],
    [2, 3, 2],
    [2, 3.1, 1],
    [1, 1, 2],
    [16, 1, 4],
    [16, 5, 1],
  ])('%i cores, factor %f: %i', (cores, factor, labs) => {
    expect(labsAtOnce(cores, factor)).toBe(labs);
  });
});
