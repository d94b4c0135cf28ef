import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aDownstream, aPrimaryPostgres, aSlot, anObservation } from '../../test/builders/index.ts';
import { DOWNSTREAMS_MAX, Downstream, Observation, PostgresObservation, ReplicationSlot, SLOTS_MAX } from './observation.ts';
import { isUnknownWord } from '../domain/postgres/unknown-word.ts';
import { openWord } from './salvage.ts';

describe('a word of PostgreSQL’s that is unknown', () => {
  test.each([
    ['streaming', 'streaming'],
    ['relaying', 'unknown: relaying'],
    ['unknown: relaying', 'unknown: relaying'],
    ['', 'unknown: '],
    ['x'.repeat(500), `unknown: ${'x'.repeat(40)}`],
  ])('%j is read as %j', (word, read) => {
    const schema = openWord(['streaming']);
    expect(schema.parse(word)).toBe(read);
    expect(isUnknownWord(schema.parse(word))).toBe(word !== 'streaming');
  });

  test('costs its row nothing else', () => {
    expect(Downstream.parse({ ...aDownstream('a'), state: 'relaying', syncState: 'ring' })).toEqual({
      ...aDownstream('a'),
      state: 'unknown: relaying',
      syncState: 'unknown: ring',
    });
    expect(ReplicationSlot.parse({ ...aSlot('a'), walStatus: 'archived', type: 'tape' })).toMatchObject({
      walStatus: 'unknown: archived',
      type: 'unknown: tape',
      restartLsn: aSlot('a').restartLsn,
    });
  });

  test('a position that does not read as an LSN is unknown, and nothing else is', () => {
    const row = Downstream.parse({ ...aDownstream('a'), sentLsn: '0/ZZ', replayLsn: 17 });
    expect(row).toEqual({ ...aDownstream('a'), sentLsn: null, replayLsn: null });
  });
});

describe('lists are read row by row', () => {
  const wire = (over: Record<string, unknown>): unknown => JSON.parse(JSON.stringify({ ...aPrimaryPostgres(), ...over }));

  test('one odd row costs itself, and is counted', () => {
    const read = PostgresObservation.parse(
      wire({ downstreams: [aDownstream('a'), { applicationName: 7 }, aDownstream('b')], slots: [null, aSlot('s')] }),
    );
    expect(read.downstreams.map(({ applicationName }) => applicationName)).toEqual(['a', 'b']);
    expect(read).toMatchObject({ downstreamLosses: { more: 0, dropped: 1 }, slotLosses: { more: 0, dropped: 1 } });
  });

  test('what the agent cut and what is cut here are added up', () => {
    const downstreams = Array.from({ length: DOWNSTREAMS_MAX + 3 }, (_, index) => aDownstream(`s${index}`));
    const slots = Array.from({ length: SLOTS_MAX + 1 }, (_, index) => aSlot(`s${index}`));
    const read = PostgresObservation.parse(wire({ downstreams, slots, downstreamLosses: { more: 5, dropped: 1 } }));
    expect([read.downstreams.length, read.slots.length]).toEqual([DOWNSTREAMS_MAX, SLOTS_MAX]);
    expect(read).toMatchObject({ downstreamLosses: { more: 8, dropped: 1 }, slotLosses: { more: 1, dropped: 0 } });
  });

  test('whole lists of an agent that says nothing of losses stay so, and reading twice changes nothing', () => {
    const once = PostgresObservation.parse(wire({}));
    expect([once.downstreamLosses, once.slotLosses]).toEqual([undefined, undefined]);
    const odd = PostgresObservation.parse(wire({ downstreams: [{}, { ...aDownstream('a'), state: 'x' }], slots: 'none' }));
    expect(PostgresObservation.parse(JSON.parse(JSON.stringify(odd)))).toEqual(odd);
  });

  test('property: whatever stands in the two lists, the sample is read, and every row is there or counted', () => {
    const row = fc.oneof(
      fc.constant(aDownstream('a')),
      fc.record({ ...Object.fromEntries(Object.keys(aDownstream('a')).map((key) => [key, fc.anything()])) }),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 80 }), (rows) => {
        const json = JSON.parse(JSON.stringify({ ...anObservation(), postgres: { ...aPrimaryPostgres(), downstreams: rows } })) as unknown;
        const { postgres } = Observation.parse(json);
        const { more, dropped } = postgres?.downstreamLosses ?? { more: 0, dropped: 0 };
        expect((postgres?.downstreams.length ?? 0) + more + dropped).toBe(rows.length);
      }),
      { numRuns: 200 },
    );
  });
});
