import { describe, expect, test } from 'vitest';
import type { Backup, WalListing } from '../../agent-contract/facts.ts';
import { P, S, archiver, away, change, server } from '../../../test/builders/incidents.ts';
import { NOW_MS, aClusterInput, iso, someFacts } from '../../../test/builders/index.ts';
import type { ClusterInput } from '../topology/inputs.ts';
import { sightNodes } from '../topology/sighting.ts';
import { archiveBoard } from './board.ts';
import { costOf, reachOf, recoveryWindow } from './recovery.ts';
import { walChain } from './wal-chain.ts';

const SEGMENT_BYTES = 16 * 1024 * 1024;
const name = (timeline: number, number: number) =>
  [timeline, 0, number].map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('');
/** Segment n was stored n minutes into the last three hours. */
const storedAt = (number: number) => iso(NOW_MS - 3 * 3_600_000 + number * 60_000);
const run = (timeline: number, first: number, last: number) => ({
  first: name(timeline, first),
  last: name(timeline, last),
  firstStoredAt: storedAt(first),
  lastStoredAt: storedAt(last),
});
const listing = (...runs: ReturnType<typeof run>[]): WalListing => ({
  startedAt: iso(NOW_MS - 10_000),
  segments: 9,
  storedBytes: 9000,
  complete: true,
  runs,
});
const chainOf = (...runs: ReturnType<typeof run>[]) => walChain(listing(...runs), SEGMENT_BYTES);
const backup = (start: number, stop = start, overrides: Partial<Backup> = {}, timeline = 1): Backup => ({
  ...someFacts().backupRepository!.backups[0]!,
  label: `B${start}`,
  startWal: name(timeline, start),
  stopWal: name(timeline, stop),
  startedAt: storedAt(start),
  finishedAt: storedAt(stop),
  ...overrides,
});

describe('the chain', () => {
  test('pieces in any order that touch or overlap are one; holes are named', () => {
    const { links, holes } = chainOf(run(1, 7, 9), run(1, 1, 3), run(1, 3, 4));
    expect(links.map(({ first, last }) => [first, last])).toEqual([
      [1n, 4n],
      [7n, 9n],
    ]);
    expect(holes).toMatchObject([{ firstName: name(1, 5), lastName: name(1, 6), segments: 2, beforeStoredAt: storedAt(4) }]);
  });

  test('the step to another timeline is no hole', () => expect(chainOf(run(1, 1, 4), run(2, 9, 12)).holes).toEqual([]));

  test('what was stored just before the listing began is still under way', () => {
    const late = { ...run(1, 6, 7), firstStoredAt: iso(NOW_MS - 25_000) };
    expect(chainOf(run(1, 1, 4), late).holes).toEqual([]);
  });

  test('nonsense from an agent is passed over', () => {
    const odd = { ...run(1, 5, 6), first: 'x' };
    expect(chainOf(odd, { ...run(1, 9, 8) }).links).toEqual([]);
  });
});

describe('a backup reaches', () => {
  test('the newest WAL when nothing is missing', () => {
    expect(reachOf(backup(2, 3), chainOf(run(1, 1, 9)))).toMatchObject({ state: 'restorable', reachesTo: storedAt(9), stoppedBy: null });
  });

  test('the hole', () => {
    const reach = reachOf(backup(2), chainOf(run(1, 1, 4), run(1, 6, 9)));
    expect(reach).toMatchObject({ state: 'restorable', reachesTo: storedAt(4), stoppedBy: { firstName: name(1, 5) } });
  });

  test('nothing when WAL of its own is missing', () => {
    const chain = chainOf(run(1, 1, 4), run(1, 6, 9));
    expect(reachOf(backup(4, 6), chain)).toMatchObject({ state: 'broken', reachesTo: null, stoppedBy: { firstName: name(1, 5) } });
    expect(reachOf(backup(20), chain)).toMatchObject({ state: 'broken', stoppedBy: null });
  });

  test('over a change of timeline, and past what the old primary lacks after it', () => {
    const chain = chainOf(run(1, 1, 6), run(1, 8, 9), run(2, 6, 12));
    expect(reachOf(backup(2), chain)).toMatchObject({ state: 'restorable', reachesTo: storedAt(12), stoppedBy: null });
  });

  test('not over a timeline that begins later than its WAL ends', () => {
    expect(reachOf(backup(2), chainOf(run(1, 1, 4), run(2, 9, 12)))).toMatchObject({ reachesTo: storedAt(4) });
  });

  test('unknown without a listing, and failed when the tool says so', () => {
    // Listed ten seconds ago: its last segment may have come since.
    expect(reachOf(backup(8, 10, { finishedAt: iso(NOW_MS - 12_000) }), chainOf(run(1, 1, 9)))).toMatchObject({ state: 'unknown' });
    expect(reachOf(backup(8, 10, { finishedAt: iso(NOW_MS - 80_000) }), chainOf(run(1, 1, 9)))).toMatchObject({ state: 'broken' });
    expect(reachOf(backup(2), null).state).toBe('unknown');
    expect(reachOf(backup(2, 2, { failed: true }), chainOf(run(1, 1, 9))).state).toBe('failed');
    expect(reachOf(backup(2, 2, { startWal: null }), chainOf(run(1, 1, 9))).state).toBe('unknown');
  });
});

describe('a hole costs', () => {
  const cost = (backups: Backup[], ...runs: ReturnType<typeof run>[]) => {
    const chain = chainOf(...runs);
    const reaches = backups.map((one) => reachOf(one, chain));
    return { cost: costOf(chain.holes[0]!, reaches, SEGMENT_BYTES), window: recoveryWindow(reaches) };
  };

  test('everything since, without a backup after it', () => {
    const told = cost([backup(2)], run(1, 1, 4), run(1, 6, 9));
    expect(told.cost).toMatchObject({ harmless: false, from: storedAt(4), to: null });
    expect(told.window).toEqual({
      known: true,
      oldest: { at: storedAt(2), backup: 'B2' },
      newest: { at: storedAt(4), backup: 'B2' },
      reason: null,
    });
  });

  test('the time up to the end of the next good backup', () => {
    const told = cost([backup(2), backup(7, 8), backup(9, 9)], run(1, 1, 4), run(1, 6, 9));
    expect(told.cost).toMatchObject({ from: storedAt(4), to: storedAt(8), brokenBackups: [] });
    expect(told.window.newest).toEqual({ at: storedAt(9), backup: 'B9' });
  });

  test('a backup that runs over it', () => {
    expect(cost([backup(2), backup(4, 6)], run(1, 1, 4), run(1, 6, 9)).cost).toMatchObject({ brokenBackups: ['B4'], to: null });
  });

  test('nothing when it is older than every backup', () => {
    expect(cost([backup(7)], run(1, 1, 4), run(1, 6, 9)).cost.harmless).toBe(true);
  });
});

describe('what can be recovered is not guessed', () => {
  test.each([
    ['no backup', [], true, 'There is no backup to restore.'],
    ['no listing', [reachOf(backup(2), null)], false, 'The WAL in the repository was not listed.'],
    ['only broken ones', [reachOf(backup(20), chainOf(run(1, 1, 4)))], true, 'No backup has all the WAL that it needs.'],
  ])('%s', (_, reaches, known, reason) => expect(recoveryWindow(reaches)).toEqual({ known, oldest: null, newest: null, reason }));
});

describe('the board', () => {
  const board = (input: ClusterInput, findings = input.openFindings) => archiveBoard(sightNodes(input, NOW_MS), findings, NOW_MS);
  const withRepository = (overrides: object) => {
    const backupRepository = { ...someFacts().backupRepository!, ...overrides };
    return { ...aClusterInput(), nodes: aClusterInput().nodes.map((node) => ({ ...node, facts: someFacts({ backupRepository }) })) };
  };

  test('who archives, and who would', () => {
    const { archivers } = board(aClusterInput());
    expect(archivers.find((row) => row.name === P)).toMatchObject({ archives: true, failing: false, mode: 'on', readyCount: 0 });
    expect(archivers.find((row) => row.name === S)).toMatchObject({ archives: false });
  });

  test('a failing archiver, with the server’s words', () => {
    const failed = archiver({ lastFailedAt: iso(NOW_MS - 1_000), lastFailedWal: 'W', failedCount: 1 });
    const input = change(
      P,
      (node) => ({ ...node, facts: someFacts({ archiverLog: { file: '/l', lines: ['boom'], message: null } }) }),
      failed,
    );
    expect(board(input).archivers.find((row) => row.name === P)).toMatchObject({
      failing: true,
      failingSince: null,
      log: { lines: ['boom'] },
    });
  });

  test('a silent node and a stopped server are unknown, never "not failing"', () => {
    const silent = board(away(P)).archivers.find((row) => row.name === P);
    expect(silent).toMatchObject({ fresh: false, failing: null });
    expect(silent!.problem).toContain('last values seen');
    expect(board(server(P, 'stopped')).archivers.find((row) => row.name === P)).toMatchObject({
      archives: null,
      mode: null,
      readyCount: null,
    });
  });

  test('a listing gives chain, holes and the window', () => {
    const told = board(withRepository({ wal: listing(run(1, 1, 4), run(1, 6, 9)), backups: [backup(2)] })).repository!;
    expect(told.holes).toMatchObject([{ firstName: name(1, 5), harmless: false, to: null }]);
    expect(told.chain).toHaveLength(2);
    expect(told.window.newest?.at).toBe(storedAt(4));
    expect(told.backups[0]).toMatchObject({ state: 'restorable', stopsAt: name(1, 5) });
  });

  test('an agent from before the listing: everything that rests on it is unknown, with the reason', () => {
    const told = board(aClusterInput()).repository!;
    expect(told).toMatchObject({ listing: null, chain: [], holes: [], window: { newest: null, oldest: null } });
    expect(told.listingMessage).toContain('does not list');
    expect(told.backups[0]?.state).toBe('unknown');
  });

  test('the newest listing counts, also of an agent that lost sight of the repository since; newer backups wait for the next one', () => {
    const wal = listing(run(1, 1, 4));
    const base = someFacts().backupRepository!;
    const input = change(
      P,
      (node) => ({ ...node, facts: someFacts({ backupRepository: { ...base, readable: false, message: 'gone', backups: [], wal } }) }),
      withRepository({ wal: { ...wal, startedAt: storedAt(3), runs: [run(1, 1, 2)] }, backups: [backup(2), backup(170, 175)] }),
    );
    const late = { ...backup(4), finishedAt: iso(NOW_MS - 5_000) };
    const told = board(input).repository!;
    expect(told).toMatchObject({ readable: true, listing: { startedAt: wal.startedAt, listedBy: P } });
    expect(told.seenBy).not.toBe(P);
    expect(told.backups.map(({ state }) => state)).toEqual(['broken', 'restorable']);
    expect(reachOf(late, walChain(wal, SEGMENT_BYTES))).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('after the last WAL listing'),
    });
  });

  test('a repository that can’t be read names who can’t and why', () => {
    const told = board(withRepository({ readable: false, message: 'no such bucket', backups: [] }));
    expect(told.repository).toMatchObject({ readable: false, message: 'no such bucket' });
    expect(told.blind).toHaveLength(4);
    expect(told.blind[0]?.reason).toBe('no such bucket');
  });

  test('no repository at all', () => {
    const input = {
      ...aClusterInput(),
      nodes: aClusterInput().nodes.map((node) => ({ ...node, facts: someFacts({ backupRepository: null }) })),
    };
    expect(board(input).repository).toBeNull();
    expect(board({ ...input, nodes: input.nodes.map((node) => ({ ...node, facts: null })) }).blind[0]?.reason).toContain(
      'not reported any facts',
    );
  });

  test('everything on it survives JSON, as it goes to the browser', () => {
    const told = board(withRepository({ wal: listing(run(1, 1, 4), run(1, 6, 9)), backups: [backup(2)] }));
    expect(JSON.parse(JSON.stringify(told))).toEqual(told);
  });
});
