/**
 * Tests what every store of leadership must do, whatever it is kept in (lib/domain/leadership/store.ts). An implementation's own test calls
 * this with a way to make stores that share their contents, and to make one of them unable to tell.
 */
import { describe, expect, test } from 'vitest';
import { LeadershipUnknown } from '../lib/domain/leadership/store.ts';
import type { LeadershipRecord, LeadershipStore } from '../lib/domain/leadership/store.ts';

export interface ConformanceSubject {
  /** A store over contents that all stores of this subject share. */
  open: () => LeadershipStore;
  /** The name of a cluster without a record, new at each call. */
  newCluster: () => Promise<string>;
  /** A store that can't reach its contents. */
  openUnreachable: () => LeadershipStore;
}

const RACERS = 12;

function record(term: number, holder: string | null, over: Partial<LeadershipRecord> = {}): LeadershipRecord {
  return { term, holder, timeline: 1, source: 'operation', operation: null, since: '2026-11-21T03:00:00.000Z', ...over };
}

export function testLeadershipConformance(name: string, subject: () => ConformanceSubject): void {
  describe(`${name} keeps leadership`, () => {
    const begin = async (...records: LeadershipRecord[]) => {
      const { open, newCluster } = subject();
      const [store, cluster] = [open(), await newCluster()];
      let version: number | null = null;
      for (const one of records) {
        const swapped = await store.swap(cluster, version, one);
        if (swapped.outcome !== 'ok') throw new Error('the record could not be prepared');
        version = swapped.current.version;
      }
      return { store, cluster, version };
    };

    test('nothing is read before the first, and what was written is read back by another', async () => {
      const { store, cluster } = await begin();
      expect(await store.read(cluster)).toBeNull();
      const first = record(1, 'a', { source: 'first-seen' });
      const swapped = await store.swap(cluster, null, first);
      expect(swapped).toMatchObject({ outcome: 'ok', current: { record: first } });
      expect(await subject().open().read(cluster)).toEqual(swapped.current);
    });

    test('a swap under an older version is lost, changes nothing and tells what stands there', async () => {
      const { store, cluster, version } = await begin(record(1, 'a'));
      const next = await store.swap(cluster, version, record(2, 'b'));
      expect(next.outcome).toBe('ok');
      expect(await store.swap(cluster, version, record(2, 'c'))).toEqual({ outcome: 'lost', current: next.current });
      expect(await store.swap(cluster, null, record(1, 'c'))).toEqual({ outcome: 'lost', current: next.current });
      expect(await store.read(cluster)).toEqual(next.current);
    });

    test.each([null, 1])('of many that swap from version %s at once exactly one wins', async (from) => {
      const { cluster, version } = from === null ? await begin() : await begin(record(1, 'a'));
      const term = from === null ? 1 : 2;
      const racers = Array.from({ length: RACERS }, (_unused, index) => `racer-${index}`);
      const outcomes = await Promise.all(racers.map((racer) => subject().open().swap(cluster, version, record(term, racer))));
      const winners = outcomes.flatMap((outcome, index) => (outcome.outcome === 'ok' ? [racers[index]] : []));
      expect(winners).toHaveLength(1);
      expect((await subject().open().read(cluster))?.record.holder).toBe(winners[0]);
    });

    test('a term is opened, taken by one, and cannot be given to another', async () => {
      const { store, cluster, version } = await begin(record(1, 'a'), record(2, null));
      const taken = await store.swap(cluster, version, record(2, 'b', { timeline: null }));
      if (taken.outcome !== 'ok') throw new Error('lost');
      await expect(store.swap(cluster, taken.current.version, record(2, 'c'))).rejects.toThrow(RangeError);
      await expect(store.swap(cluster, taken.current.version, record(2, null))).rejects.toThrow(RangeError);
      const known = await store.swap(cluster, taken.current.version, record(2, 'b', { timeline: 2 }));
      expect(known).toMatchObject({ outcome: 'ok', current: { record: { timeline: 2 } } });
    });

    test.each([
      ['falls', 1],
      ['skips one', 4],
      ['is no whole number', 2.5],
    ])('a term that %s is refused', async (_how, term) => {
      const { store, cluster, version } = await begin(record(1, 'a'), record(2, 'b'));
      await expect(store.swap(cluster, version, record(term, 'a'))).rejects.toThrow(RangeError);
      expect((await store.read(cluster))?.record).toMatchObject({ term: 2, holder: 'b' });
    });

    test('clusters do not see each other', async () => {
      const [one, other] = [await begin(record(1, 'a')), await begin(record(1, 'x'), record(2, 'y'))];
      expect((await one.store.read(one.cluster))?.record).toMatchObject({ term: 1, holder: 'a' });
      expect((await one.store.read(other.cluster))?.record).toMatchObject({ term: 2, holder: 'y' });
    });

    test('a store that cannot tell says so, and never that it was lost', async () => {
      const { cluster } = await begin(record(1, 'a'));
      const store = subject().openUnreachable();
      await expect(store.read(cluster)).rejects.toThrow(LeadershipUnknown);
      await expect(store.swap(cluster, 1, record(2, 'b'))).rejects.toThrow(LeadershipUnknown);
    });
  });
}
