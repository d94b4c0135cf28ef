import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JOURNAL_GENESIS, JournalEntry, JournalRecord } from '../../lib/agent-contract/commands.ts';
import { CommandJournal, JournalUnwritable, hashOf } from './command-journal.ts';

let directory: string;
const opened: CommandJournal[] = [];
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-journal-'));
});
afterEach(() => {
  for (const journal of opened.splice(0)) journal.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(access: 'append' | 'read' = 'append'): CommandJournal {
  const journal = new CommandJournal(directory, access);
  opened.push(journal);
  return journal;
}
const OPERATION = '0b6f1c0a-8a49-4c1e-9a37-2c8a5d2f0003';
const COMMAND = '0b6f1c0a-8a49-4c1e-9a37-2c8a5d2f0004';
const record = (over: Partial<JournalRecord> = {}): JournalRecord => ({
  at: '2026-11-21T12:00:00.000Z',
  kind: 'started',
  by: 'controller',
  command: COMMAND,
  operation: OPERATION,
  step: 'stop-primary',
  attempt: 1,
  verb: 'stop-primary',
  term: 3,
  nonce: 'n'.repeat(32),
  note: null,
  detail: { argsHash: 'abc' },
  ...over,
});
const done = { status: 'done', evidence: { tookMs: 1 }, tookMs: 1 } as const;
const KEY = `${OPERATION}/stop-primary/1`;
const file = (): string => path.join(directory, 'journal.jsonl');

test('entries continue the chain across openings, and are as the contract says', () => {
  open().append(record());
  const again = open();
  again.append(record({ kind: 'done', nonce: null, detail: { result: done } }));
  const [first, second] = again.entriesFrom(1, 10, 1e6).map((entry) => JournalEntry.parse(entry));
  expect(first?.prevHash).toBe(JOURNAL_GENESIS);
  expect(second?.prevHash).toBe(first?.hash);
  expect(second?.hash).toBe(hashOf(second?.prevHash ?? '', second?.text ?? ''));
  expect(JournalRecord.parse(JSON.parse(second?.text ?? ''))).toMatchObject({ kind: 'done', verb: 'stop-primary' });
  expect(again.head).toEqual({ sequence: 2, hash: second?.hash });
});

test('a look that was issued later, and came first, makes no command old', () => {
  const journal = open();
  journal.append(record({ detail: { issuedAt: '2026-11-21T12:00:00.001Z' } }));
  journal.append(record({ verb: 'await-wal', step: 'await-last-wal', detail: { issuedAt: '2026-11-21T12:00:00.003Z' } }));
  expect(journal.newestIssuedAt).toBe('2026-11-21T12:00:00.001Z');
  expect(open().newestIssuedAt).toBe('2026-11-21T12:00:00.001Z');
});

test('a command is found by its step, under way first, then with its result; its nonce is remembered', () => {
  const journal = open();
  journal.append(record());
  expect(open().command(KEY)).toMatchObject({ ended: null, verb: 'stop-primary', argsHash: 'abc' });
  expect(open().nonceSeen('n'.repeat(32))).toBe(true);
  journal.append(record({ kind: 'done', nonce: null, detail: { result: done } }));
  const again = open();
  const known = again.command(KEY);
  expect(known === null ? null : again.resultOf(known)).toEqual(done);
  expect(known?.argsHash).toBe('abc');
});

describe('a crash in the middle of a line', () => {
  test.each([
    ['half a line', '{"sequence":2,"text":"{'],
    ['a line of zeros', '\0\0\0\0\n'],
  ])('%s is cut off, and the chain goes on', (_name, rest) => {
    open().append(record());
    appendFileSync(file(), rest);
    const journal = open();
    expect(journal.broken).toBeNull();
    expect(journal.tornBytes).toBe(Buffer.byteLength(rest));
    journal.append(record({ kind: 'done', nonce: null, detail: { result: done } }));
    expect(open()).toMatchObject({ broken: null, head: { sequence: 2 } });
  });

  test('who only reads leaves it alone', () => {
    open().append(record());
    appendFileSync(file(), '{"seq');
    expect(open('read')).toMatchObject({ broken: null, head: { sequence: 1 } });
    expect(readFileSync(file(), 'utf8')).toMatch(/\{"seq$/);
  });
});

describe('a file that was changed', () => {
  const lines = (): string[] => readFileSync(file(), 'utf8').trimEnd().split('\n');
  const three = (): void => {
    const journal = open();
    for (const attempt of [1, 2, 3]) journal.append(record({ attempt }));
  };
  test.each([
    ['an altered text', (all: string[]) => all.map((line, n) => (n === 1 ? line.replace('stop-primary', 'stop-primarx') : line))],
    ['a line taken out', (all: string[]) => all.filter((_line, n) => n !== 1)],
    ['lines exchanged', (all: string[]) => [all[1] ?? '', all[0] ?? '', all[2] ?? '']],
    ['a line in the middle that is none', (all: string[]) => [all[0] ?? '', 'x', all[1] ?? '']],
    ['an altered last line', (all: string[]) => all.map((line, n) => (n === 2 ? line.replace('"term\\":3', '"term\\":4') : line))],
  ])('%s: nothing more is written, and the sentence says what to do', (_name, change) => {
    three();
    writeFileSync(file(), `${change(lines()).join('\n')}\n`);
    const journal = open();
    expect(journal.broken).toMatch(/damaged after entry \d.*move it away and restart/);
    expect(() => journal.append(record())).toThrow(JournalUnwritable);
  });
});

test('a large journal is read in pieces, and given out in bounded batches', () => {
  const journal = open();
  for (let attempt = 1; attempt <= 130; attempt += 1) journal.append(record({ attempt, note: 'ö'.repeat(900) }));
  const again = open();
  expect(again.head).toEqual(journal.head);
  expect(again.entriesFrom(1, 100, 1e9)).toHaveLength(100);
  expect(again.entriesFrom(1, 100, 10_000).length).toBeLessThan(8);
  expect(again.entriesFrom(130, 100, 1)).toHaveLength(1);
  expect(again.entriesFrom(131, 100, 1)).toHaveLength(0);
});

test('without a file there is nothing to read, which is no fault', () => {
  expect(open('read')).toMatchObject({ broken: null, head: { sequence: 0 } });
});
