import { describe, expect, test } from 'vitest';
import { auditFilterOf, auditQuery, parseAuditChoice } from './audit-filter.ts';

describe('the filter of the audit page', () => {
  test('the address leads back to the same choice', () => {
    const choice = parseAuditChoice({ actor: 'ada', outcome: 'denied', from: '2026-11-01', to: '2026-11-21' });
    expect(parseAuditChoice(Object.fromEntries(new URLSearchParams(auditQuery(choice))))).toEqual(choice);
  });
  test('the last day counts whole', () => {
    expect(auditFilterOf(parseAuditChoice({ from: '2026-11-21', to: '2026-11-21' }))).toMatchObject({
      from: '2026-11-21T00:00:00.000Z',
      to: '2026-11-22T00:00:00.000Z',
    });
  });
  test('what is no filter counts as none', () => {
    expect(parseAuditChoice({ actor: 'a\0', outcome: 'sold', from: '2026-13-40', to: ['x'] })).toEqual({
      ...{ actor: null, action: null, subject: null, outcome: null, fromDay: null, toDay: null },
    });
  });
});
