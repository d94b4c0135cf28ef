import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPERATION_KINDS } from './kinds/registry.ts';
import { draftQuery, parseDraft, planPath, requestOf } from './request-address.ts';

const paramsOf = (query: string) => Object.fromEntries(new URLSearchParams(query));

describe('a request in the address of a plan', () => {
  test('is not complete until everything it needs is chosen', () => {
    expect(requestOf(parseDraft('switchover', {}))).toBeNull();
    expect(requestOf(parseDraft('re-parent', { target: 'rax-dfw-a' }))).toBeNull();
    expect(requestOf(parseDraft('drop-slot', { target: 'a', slot: 's' }))).toEqual({ kind: 'drop-slot', target: 'a', slot: 's' });
    expect(requestOf(parseDraft('failover', {}))).toEqual({ kind: 'failover', target: null, fence: 'agent' });
  });

  test('a node that is kept for inspection is not switched back to', () => {
    const draft = parseDraft('reversion', { target: 'a', method: 'keep', back: 'yes' });
    expect(requestOf(draft)).toEqual({ kind: 'reversion', target: 'a', method: 'keep', switchBack: false });
  });

  test('what is no choice counts as none', () => {
    const draft = parseDraft('failover', { target: 'x'.repeat(64), fence: 'axe', method: ['rewind'] });
    expect(draft).toEqual({ kind: 'failover', target: null, fence: 'agent' });
  });

  test('the address of a plan leads back to the same request', () => {
    const name = fc.constantFrom('aws-use1-a', 'rax-dfw-a', 'odd name&=?');
    fc.assert(
      fc.property(
        fc.record({
          kind: fc.constantFrom(...OPERATION_KINDS),
          target: fc.option(name, { nil: null }),
          upstream: fc.option(name, { nil: null }),
          slot: fc.option(name, { nil: null }),
          fence: fc.constantFrom('agent' as const, 'command' as const, 'override' as const),
          method: fc.constantFrom('rewind' as const, 're-clone' as const, 'keep' as const),
          switchBack: fc.boolean(),
          bytesPerSecondMax: fc.option(
            fc.integer({ min: 1, max: 1000 }).map((megabytes) => megabytes * 1024 * 1024),
            { nil: null },
          ),
        }),
        (draft) => {
          expect(requestOf(parseDraft(draft.kind, paramsOf(draftQuery(draft))))).toEqual(requestOf(draft));
        },
      ),
    );
  });

  test('names of clusters and nodes are escaped', () => {
    expect(planPath('a/b', { kind: 'restart', target: 'x?y' })).toBe('/clusters/a%2Fb/operations/new/restart?target=x%3Fy');
  });
});
