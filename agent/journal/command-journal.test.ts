import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JOURNAL_GENESIS, JournalEntry, JournalRecord } from '../../lib/agent-contract/commands.ts';
import { CommandJournal, JournalUnwritable, SEGMENT_BYTES_MAX, hashOf } from './command-journal.ts';
import { headerLine } from './journal-files.ts';
import { verifyJournal } from './verify-journal.ts';

let directory: string;
const opened: CommandJournal[] = [];
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-journal-'));
});
afterEach(() => {
  for (const journal of opened.splice(0)) journal.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(access: 'append' | 'read' = 'append', segmentBytesMax = SEGMENT_BYTES_MAX): CommandJournal {
  const journal = new CommandJournal(directory, access, segmentBytesMax);
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
const file = (): string => path.join(directory, 'journal-000001.jsonl');

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
  ])('%s is cut off, and the chain continues', (_name, rest) => {
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

describe('segments', () => {
  const SMALL = 2_000;
  const YEAR_MS = 366 * 24 * 60 * 60 * 1000;
  const files = (): string[] => readdirSync(directory).filter((name) => name.startsWith('journal'));
  const many = (journal: CommandJournal, from: number, to: number, over: Partial<JournalRecord> = {}): void => {
    for (let attempt = from; attempt <= to; attempt += 1) journal.append(record({ attempt, nonce: `nonce-${attempt}`, ...over }));
  };
  /** As if they had been begun long ago: a start reads only the last two. */
  const age = (): void => {
    for (const name of files()) {
      const file = path.join(directory, name);
      const [first = '', ...rest] = readFileSync(file, 'utf8').split('\n');
      const header = first.startsWith('{"segment"')
        ? (JSON.parse(first) as { segment: number; after: { sequence: number; hash: string }; carried: never })
        : null;
      if (header === null) continue;
      const old = headerLine(header.segment, header.after, header.carried, '2020-01-01T00:00:00.000Z').toString('utf8').trimEnd();
      writeFileSync(file, [old, ...rest].join('\n'));
    }
  };

  test('follow each other at their size; the chain goes through all of them, and every entry is given out', () => {
    const journal = open('append', SMALL);
    many(journal, 1, 60);
    expect(files().length).toBeGreaterThan(5);
    expect(verifyJournal(directory)).toEqual({ from: { sequence: 0, hash: JOURNAL_GENESIS }, head: journal.head });
    const again = open('append', SMALL);
    expect(again).toMatchObject({ broken: null, head: journal.head });
    const entries = again.entriesFrom(1, 1000, 1e9);
    expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    for (const [index, entry] of entries.entries()) expect(entry.prevHash).toBe(entries[index - 1]?.hash ?? JOURNAL_GENESIS);
    again.append(record({ attempt: 61 }));
    expect(open('read').head.sequence).toBe(61);
  });

  test('a start reads the last two alone, and still knows the leadership, the newest order and what had not ended', () => {
    const journal = open('append', SMALL);
    journal.append(record({ step: 'left-open', detail: { issuedAt: '2026-11-21T12:00:00.005Z', leadership: { term: 7 } } }));
    many(journal, 1, 60, { kind: 'done' });
    age();
    writeFileSync(file(), 'not read at all\n');
    const again = open('append', SMALL);
    expect(again).toMatchObject({ broken: null, head: journal.head, newestIssuedAt: '2026-11-21T12:00:00.005Z' });
    expect(again.lastLeadership).toEqual({ sequence: 1, leadership: { term: 7 } });
    expect(again.command(`${OPERATION}/left-open/1`)).toMatchObject({ ended: null, verb: 'stop-primary' });
    expect(again.command(`${OPERATION}/stop-primary/2`)).toBeNull();
    expect(again.command(`${OPERATION}/stop-primary/60`)).toMatchObject({ attempt: 60 });
    expect(verifyJournal(directory)).toHaveProperty('broken');
  });

  test('what was written within the hour is read, however many segments it fills', () => {
    many(open('append', SMALL), 1, 60);
    expect(open('append', SMALL).nonceSeen('nonce-12')).toBe(true);
  });

  test('older ones are compressed, stay readable, and go a year after the controller has them', async () => {
    const journal = open('append', SMALL);
    many(journal, 1, 60, { kind: 'done', detail: { result: done } });
    const known = journal.command(`${OPERATION}/stop-primary/1`);
    for (let round = 0; round < 30; round += 1) await journal.tidy(Date.now());
    expect(files().filter((name) => name.endsWith('.gz'))).toHaveLength(files().length - 2);
    expect(verifyJournal(directory)).toMatchObject({ head: journal.head });
    expect(journal.entriesFrom(1, 1000, 1e9)).toHaveLength(60);
    expect(known === null ? null : journal.resultOf(known)).toEqual(done);
    const again = open('append', SMALL);
    expect(again.entriesFrom(1, 1000, 1e9)).toHaveLength(60);

    for (const name of files()) utimesSync(path.join(directory, name), new Date(0), new Date(Date.now() - YEAR_MS));
    await again.tidy(Date.now());
    expect(again.entriesFrom(1, 1, 1e9)[0]?.sequence).toBe(1);
    again.accepted(60);
    await again.tidy(Date.now());
    const [first] = again.entriesFrom(1, 1, 1e9);
    expect(first?.sequence).toBeGreaterThan(1);
    expect(verifyJournal(directory)).toEqual({ from: { sequence: (first?.sequence ?? 0) - 1, hash: first?.prevHash }, head: journal.head });
    for (let round = 0; round < 60; round += 1) await again.tidy(Date.now());
    expect(files()).toHaveLength(2);
    expect(open('append', SMALL)).toMatchObject({ broken: null, head: journal.head });
  });

  test('a crash while one is begun leaves the one before as the newest', () => {
    const journal = open('append', SMALL);
    many(journal, 1, 30);
    writeFileSync(path.join(directory, `journal-${String(files().length + 1).padStart(6, '0')}.jsonl`), '{"segment":9,"af');
    const again = open('append', SMALL);
    expect(again).toMatchObject({ broken: null, head: journal.head });
    again.append(record({ attempt: 31 }));
    expect(open('append', SMALL)).toMatchObject({ broken: null, head: { sequence: 31 } });
  });

  test.each([
    ['a changed first line', (text: string) => text.replace('"newestIssuedAt":null', '"newestIssuedAt":"2030-01-01T00:00:00.000Z"')],
    ['an entry taken out of the one before the last', (text: string) => text.split('\n').toSpliced(2, 1).join('\n')],
  ])('%s is found', (_name, change) => {
    many(open('append', SMALL), 1, 30);
    const before = path.join(directory, files().at(-2) ?? '');
    writeFileSync(before, change(readFileSync(before, 'utf8')));
    expect(open('append', SMALL).broken).toMatch(/damaged after entry \d/);
    expect(verifyJournal(directory)).toHaveProperty('broken');
  });

  test('the one file of an older agent becomes the first segment of the same hash chain', () => {
    many(open(), 1, 20);
    const single = path.join(directory, 'journal.jsonl');
    renameSync(file(), single);
    expect(open('read').head.sequence).toBe(20);
    const journal = open('append', SMALL);
    expect(files()).toEqual(['journal-000001.jsonl']);
    many(journal, 21, 40);
    expect(files().length).toBeGreaterThan(2);
    expect(verifyJournal(directory)).toMatchObject({ head: { sequence: 40 } });
  });

  test('after a step back to that agent and forth again, its chain counts, and the segments are set aside', () => {
    many(open('append', SMALL), 1, 30);
    copyFileSync(file(), path.join(directory, 'journal.jsonl'));
    const journal = open('append', SMALL);
    expect(journal).toMatchObject({ broken: null });
    expect(journal.head.sequence).toBeLessThan(30);
    const [aside = ''] = files().filter((name) => name.includes('set-aside'));
    expect(readdirSync(path.join(directory, aside)).length).toBeGreaterThan(2);
  });
});
