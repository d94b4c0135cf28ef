import { expect, test } from 'vitest';
import { Lines, withoutProgress } from './programs.ts';

test('how far a program was does not crowd out why it ended', () => {
  const output =
    'waiting for checkpoint\n     0/33910 kB (0%), 0/1 tablespace\r13660/33910 kB (40%), 0/1 tablespace\rpg_basebackup: error: could not write to file';
  expect(withoutProgress(output)).toBe('waiting for checkpoint\npg_basebackup: error: could not write to file');
});

test('lines are whole however the text comes in pieces, and one of any length takes no more than a mebibyte', () => {
  const lines: string[] = [];
  const reader = new Lines((line) => lines.push(line));
  for (const piece of ['on', 'e\ntwo\r\n\nth', 'ree\n', 'desc: MESSAGE ']) reader.take(piece);
  for (let piece = 0; piece < 64; piece += 1) reader.take('78 '.repeat(200_000));
  reader.take('\nlast');
  reader.end();
  const [first, second, third, long, last] = lines;
  expect([first, second, third, last]).toEqual(['one', 'two', 'three', 'last']);
  expect(long).toMatch(/^desc: MESSAGE 78 78 /);
  expect(long).toHaveLength(1024 * 1024);
});
