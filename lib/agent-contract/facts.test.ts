/** Agents and controllers are upgraded one after the other: what an older agent sends stays valid, and what is too large is refused. */
import { describe, expect, test } from 'vitest';
import { someFacts } from '../../test/builders/index.ts';
import { NodeFacts } from './facts.ts';

const run = {
  first: '000000010000000000000001',
  last: '000000010000000000000009',
  firstStoredAt: '2026-11-20T11:00:00.000Z',
  lastStoredAt: '2026-11-20T11:09:00.000Z',
};
const wal = { startedAt: '2026-11-20T11:59:00.000Z', segments: 9, storedBytes: 9000, runs: [run], complete: true };

describe('facts', () => {
  test('of an agent that neither lists WAL nor reads the log are valid', () => {
    const facts = someFacts();
    expect(facts.backupRepository).not.toHaveProperty('wal');
    expect(NodeFacts.parse(facts)).toEqual(facts);
  });

  test('with a listing and a log come through as they were sent', () => {
    const facts = someFacts({
      backupRepository: { ...someFacts().backupRepository!, wal, walMessage: null },
      archiverLog: { file: '/var/log/postgresql/postgresql.log', lines: ['LOG:  archive command failed with exit code 1'], message: null },
    });
    expect(NodeFacts.parse(facts)).toEqual(facts);
  });

  test('of a repository in shreds, or with a log without end, are refused', () => {
    const shreds = { ...wal, runs: Array.from({ length: 501 }, () => run) };
    expect(NodeFacts.safeParse(someFacts({ backupRepository: { ...someFacts().backupRepository!, wal: shreds } })).success).toBe(false);
    const lines = Array.from({ length: 13 }, () => 'x');
    expect(NodeFacts.safeParse(someFacts({ archiverLog: { file: null, lines, message: null } })).success).toBe(false);
  });
});
