/** Reads what an agent of b47ad95 said and kept, recorded in its lab, under today's code. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { newestLeadership } from '../../agent/authority/leadership-file.ts';
import { CommandJournal } from '../../agent/journal/command-journal.ts';
import { verifyJournal } from '../../agent/journal/verify-journal.ts';
import { CommandProgress, JournalBatch, JournalRecord, ResultMessage } from '../../lib/agent-contract/commands.ts';
import { JoinRequest, ObservationBatch } from '../../lib/agent-contract/messages.ts';
import { definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';

interface Recorded {
  url: string;
  verb?: Verb;
  body: unknown;
}

const fixture = (name: string): string => gunzipSync(readFileSync(path.join(import.meta.dirname, name))).toString('utf8');
const recorded = JSON.parse(fixture('b47ad95-requests.json.gz')) as Recorded[];
const ofRoute = (pattern: RegExp): Recorded[] => recorded.filter(({ url }) => pattern.test(url));

test('its samples and facts are understood whole: of primaries, of standbys, and of a server that is down', () => {
  const batches = ofRoute(/observations$/).map(({ body }) => ObservationBatch.parse(body));
  expect(batches.length).toBeGreaterThan(4);
  expect(batches.some(({ facts }) => facts !== null)).toBe(true);
  const samples = batches.flatMap((batch) => batch.samples);
  expect(new Set(samples.map(({ postgres }) => postgres?.inRecovery ?? null))).toEqual(new Set([true, false, null]));
  for (const { postgres, authority, agent } of samples) {
    expect(agent).toBeUndefined();
    expect(authority?.peers.length).toBeGreaterThan(0);
    expect([postgres?.downstreamLosses, postgres?.slotLosses]).toEqual([undefined, undefined]);
    for (const { state, syncState } of postgres?.downstreams ?? []) expect(`${state} ${syncState}`).not.toContain('unknown');
  }
});

test('the results of every verb that it performed are understood, with their evidence', () => {
  const results = ofRoute(/result$/);
  expect(new Set(results.map(({ verb }) => verb)).size).toBeGreaterThan(18);
  for (const { verb, body } of results) {
    const { result } = ResultMessage.parse(body);
    if (result.status === 'done') expect(definitionOf(verb!).evidence.safeParse(result.evidence), verb).toMatchObject({ success: true });
  }
});

test('how it joins, reports progress and hands over its journal is understood', () => {
  for (const { body } of ofRoute(/join$/)) JoinRequest.parse(body);
  for (const { body } of ofRoute(/progress$/)) CommandProgress.parse(body);
  const batches = ofRoute(/journal$/).map(({ body }) => JournalBatch.parse(body));
  expect(batches.some(({ entries }) => entries.length > 0)).toBe(true);
  for (const { entries } of batches) for (const { text } of entries) JournalRecord.parse(JSON.parse(text));
});

test('today’s agent takes over the journal that it kept and continues its chain', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-takeover-'));
  try {
    writeFileSync(path.join(directory, 'journal.jsonl'), fixture('b47ad95-journal.jsonl.gz'));
    const journal = new CommandJournal(directory);
    expect(journal.broken).toBeNull();
    const { sequence } = journal.head;
    expect(sequence).toBeGreaterThan(20);
    expect(newestLeadership(directory, journal)).toMatchObject({ termSeen: 3, role: 'follower' });
    journal.append({
      ...{ at: new Date().toISOString(), kind: 'directory', by: 'agent', command: null, operation: null, step: null, attempt: null },
      ...{ verb: null, term: null, nonce: null, note: 'the first entry of today’s agent', detail: null },
    });
    journal.close();
    expect(verifyJournal(directory)).toMatchObject({ from: { sequence: 0 }, head: { sequence: sequence + 1 } });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
