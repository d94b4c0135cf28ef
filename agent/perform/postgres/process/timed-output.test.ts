import { expect, test } from 'vitest';
import { TimedOutput } from './timed-output.ts';

test('each line has its time; of the progress only the last is kept', () => {
  let ms = 0;
  const output = new TimedOutput(() => ms);
  output.add('pg_rewind: connected\npg_re');
  ms = 1_250;
  output.add('wind: copying\n');
  output.add(' 10/40 kB (25%) copied\r');
  ms = 2_000;
  output.add(' 40/40 kB (100%) copied\n\npg_rewind: Done!');
  expect(output.text.split('\n')).toEqual([
    '0.00 s pg_rewind: connected',
    '1.25 s pg_rewind: copying',
    '2.00 s  40/40 kB (100%) copied',
    '2.00 s pg_rewind: Done!',
  ]);
});
