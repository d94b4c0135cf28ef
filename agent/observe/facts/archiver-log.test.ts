import { describe, expect, test } from 'vitest';
import { lastArchiverFailure } from './archiver-log.ts';

const PREFIX = '2026-11-21 00:10:00.000 UTC [4711] ';
const lines = (...text: string[]) => `${text.join('\n')}\n`;

describe('the last failure of the archiver', () => {
  test('with what the command printed above it and the detail below', () => {
    const text = lines(
      `${PREFIX}LOG:  checkpoint complete: wrote 3 buffers`,
      'ERROR: [055]: unable to load info file from repository',
      '       HINT: has a stanza-create been performed?',
      `${PREFIX}LOG:  archive command failed with exit code 55`,
      `${PREFIX}DETAIL:  The failed archive command was: pgbackrest --stanza=main archive-push pg_wal/000000010000000000000007`,
      `${PREFIX}LOG:  checkpoint starting: time`,
    );
    expect(lastArchiverFailure(text)).toEqual([
      'ERROR: [055]: unable to load info file from repository',
      '       HINT: has a stanza-create been performed?',
      `${PREFIX}LOG:  archive command failed with exit code 55`,
      `${PREFIX}DETAIL:  The failed archive command was: pgbackrest --stanza=main archive-push pg_wal/000000010000000000000007`,
    ]);
  });

  test('the newest of several, not the line that only says "too many times"', () => {
    const text = lines(
      `${PREFIX}LOG:  archive command failed with exit code 1`,
      'the last words',
      `${PREFIX}LOG:  archive command failed with exit code 2`,
      `${PREFIX}WARNING:  archiving write-ahead log file "000000010000000000000007" failed too many times, will try again later`,
    );
    expect(lastArchiverFailure(text)).toEqual(['the last words', `${PREFIX}LOG:  archive command failed with exit code 2`]);
  });

  test('a killed command', () => {
    const text = lines(`${PREFIX}FATAL:  archive command was terminated by signal 9: Killed`);
    expect(lastArchiverFailure(text)).toHaveLength(1);
  });

  test('secrets are removed', () => {
    const text = lines(
      `${PREFIX}LOG:  archive command failed with exit code 1`,
      `${PREFIX}DETAIL:  The failed archive command was: PGPASSWORD=hunter2 push --repo1-s3-key-secret=abc pg_wal/0001`,
    );
    const told = lastArchiverFailure(text).join('\n');
    expect(told).not.toContain('hunter2');
    expect(told).not.toContain('abc');
  });

  test('a chatty command is cut, and lines are of bounded length', () => {
    const chatter = Array.from({ length: 50 }, (_, index) => `line ${index} ${'x'.repeat(20_000)}`);
    const told = lastArchiverFailure(lines(...chatter, `${PREFIX}LOG:  archive command failed with exit code 1`));
    expect(told).toHaveLength(10);
    expect(Math.max(...told.map((line) => line.length))).toBe(500);
  });

  test('nothing about the archiver', () => {
    expect(lastArchiverFailure(lines(`${PREFIX}LOG:  checkpoint starting: time`))).toEqual([]);
    expect(lastArchiverFailure('')).toEqual([]);
  });
});
