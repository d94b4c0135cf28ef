import { expect, test } from 'vitest';
import type { OperationEvent, RecordedEvent } from '../model.ts';
import { takeOverLinks } from './take-over-links.ts';

const journal = (...events: OperationEvent[]): RecordedEvent[] =>
  events.map((event, index) => ({ sequence: index + 1, at: '2026-12-01T12:00:00.000Z', event }));
const started = { kind: 'started', controller: 'c1' } as const;

test('each of two journals names the other operation', () => {
  const ended = journal(started, { kind: 'ended', state: 'failed', reason: 'Ended where it stood.', takenOverBy: 'f', leaves: [] });
  expect(takeOverLinks(ended)).toEqual({ takenOverBy: 'f', tookOver: [] });
  const failover = journal({ ...started, continues: [{ operation: 's', kind: 'switchover', writesHeldSince: null }] });
  expect(takeOverLinks(failover)).toEqual({ takenOverBy: null, tookOver: [{ id: 's', kind: 'switchover' }] });
});

test('a run that neither took over nor was taken over names none, also while it is driven by another controller', () => {
  const run = journal(started, { kind: 'taken-over', controller: 'c2' }, { kind: 'ended', state: 'done', reason: 'Done.' });
  expect(takeOverLinks(run)).toEqual({ takenOverBy: null, tookOver: [] });
  expect(takeOverLinks([])).toEqual({ takenOverBy: null, tookOver: [] });
});
