import { expect, test } from 'vitest';
import { withoutProgress } from './programs.ts';

test('how far a program was does not crowd out why it ended', () => {
  const output =
    'waiting for checkpoint\n     0/33910 kB (0%), 0/1 tablespace\r13660/33910 kB (40%), 0/1 tablespace\rpg_basebackup: error: could not write to file';
  expect(withoutProgress(output)).toBe('waiting for checkpoint\npg_basebackup: error: could not write to file');
});
