import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOW_MS } from '../../../test/builders/index.ts';
import type { FindingState } from './hysteresis.ts';
import { OPEN_FINDINGS_MAX, advanceFindings, findingStateFrom } from './hysteresis.ts';
import type { Finding, FindingCandidate } from './model.ts';
import type { FindingCode } from './registry.ts';

const candidate = (code: FindingCode, overrides: Partial<FindingCandidate> = {}): FindingCandidate => ({
  code,
  severity: 'warning',
  nodeName: 'n',
  subject: null,
  summary: 'It is so.',
  evidence: {},
  ...overrides,
});

/** Runs one evaluation a second; `said[i]` is what evaluation i says. */
function run(said: readonly (readonly FindingCandidate[])[], options: { state?: FindingState; stepMs?: number; fromMs?: number } = {}) {
  let state = options.state ?? findingStateFrom([]);
  let open: Finding[] = [];
  const openedAt: number[] = [];
  const resolvedAt: number[] = [];
  let id = 0;
  said.forEach((candidates, step) => {
    const next = advanceFindings(
      state,
      candidates,
      NOW_MS + (options.fromMs ?? 0) + step * (options.stepMs ?? 1000),
      () => `id-${(id += 1)}`,
    );
    if (next.opened.length > 0) openedAt.push(step);
    if (next.resolved.length > 0) resolvedAt.push(step);
    ({ state, open } = next);
  });
  return { state, open, openedAt, resolvedAt };
}

const pattern = (code: FindingCode, text: string) => [...text].map((mark) => (mark === 'x' ? [candidate(code)] : []));

describe('opening and resolving', () => {
  test.each<[FindingCode, string, number[], number[]]>([
    ['standby-not-receiving', 'x', [], []],
    ['standby-not-receiving', 'xx', [1], []],
    ['standby-not-receiving', 'x.x', [2], []],
    ['standby-not-receiving', 'x..x..x', [], []],
    ['standby-not-receiving', 'xx....x', [1], []],
    ['standby-not-receiving', 'xx.....', [1], [6]],
    ['two-writable-nodes', 'x.....', [0], [5]],
    ['replay-stalled', 'x.x', [], []],
    ['replay-stalled', 'x.x.x', [4], []],
    ['archive-failing', 'xx', [1], []],
    ['agent-problem', 'x'.repeat(14), [], []],
    ['agent-problem', 'x'.repeat(15), [14], []],
    ['backup-missing', 'x'.repeat(75), [74], []],
    ['node-not-seen', 'x'.repeat(20), [15], []],
  ])('%s, evaluated %s', (code, text, opened, resolved) => {
    const result = run(pattern(code, text));
    expect([result.openedAt, result.resolvedAt]).toEqual([opened, resolved]);
  });

  test('evaluations within one tick count once, but still refresh what is open', () => {
    expect(run(pattern('standby-not-receiving', 'xxxx'), { stepMs: 200 }).openedAt).toEqual([]);
    expect(run(pattern('standby-not-receiving', 'xxxxxxxx'), { stepMs: 200 }).openedAt).toEqual([4]);
    const opened = run(pattern('two-writable-nodes', 'x'));
    const refreshed = advanceFindings(opened.state, [candidate('two-writable-nodes', { summary: 'Worse.' })], NOW_MS + 100, () => 'no');
    expect(refreshed.open[0]).toMatchObject({ id: 'id-1', summary: 'Worse.' });
  });

  test('an open finding keeps its id and since, and takes new figures and severity', () => {
    const said = [
      [candidate('slot-lost')],
      [candidate('slot-lost', { severity: 'critical', summary: 'Now.', evidence: { a: { kind: 'count', value: 2 } } })],
    ];
    const { open } = run(said);
    expect(open).toHaveLength(1);
    expect(open[0]).toMatchObject({ id: 'id-1', since: new Date(NOW_MS).toISOString(), severity: 'critical', summary: 'Now.' });
    expect(open[0]!.lastSeenAt).toBe(new Date(NOW_MS + 1000).toISOString());
    expect(open[0]!.nextAction.length).toBeGreaterThan(20);
  });

  test('what is held stays open as long as it takes, without being called seen', () => {
    const said = [
      [candidate('slot-lost')],
      ...Array.from({ length: 60 }, () => [candidate('slot-lost', { held: true, summary: 'Not this.' })]),
    ];
    const { open, resolvedAt } = run(said);
    expect(resolvedAt).toEqual([]);
    expect(open[0]).toMatchObject({ summary: 'It is so.', lastSeenAt: new Date(NOW_MS).toISOString() });
    expect(open[0]).not.toHaveProperty('held');
  });

  test('subjects and nodes are kept apart', () => {
    const { open } = run([
      [candidate('slot-lost', { subject: 'a' }), candidate('slot-lost', { subject: 'b' }), candidate('slot-lost', { nodeName: 'm' })],
    ]);
    expect(open).toHaveLength(3);
  });

  test('what is concluded from silence waits until a new leader has looked for a while', () => {
    const warm = run(Array.from({ length: 20 }, () => []));
    expect(run(pattern('node-not-seen', 'xx'), { state: warm.state, fromMs: 20_000 }).openedAt).toEqual([1]);
  });

  test('an agent that has joined gets a moment for its first report', () => {
    const warm = run(Array.from({ length: 20 }, () => []));
    const silent = [candidate('node-not-seen', { evidence: { lastSeen: { kind: 'instant', value: null } } })];
    const said = Array.from({ length: 20 }, () => silent);
    expect(run(said, { state: warm.state, fromMs: 20_000 }).openedAt).toEqual([14]);
  });

  test('a new leader takes over what is open, and resolves it after clean evaluations', () => {
    const { open } = run(pattern('standby-not-receiving', 'xx'));
    const restarted = run(pattern('standby-not-receiving', '.....'), { state: findingStateFrom(open) });
    expect(restarted.resolvedAt).toEqual([4]);
    const goesOn = run(pattern('standby-not-receiving', 'x'), { state: findingStateFrom(open) });
    expect(goesOn.openedAt).toEqual([]);
    expect(goesOn.open[0]?.id).toBe(open[0]?.id);
  });

  test('the number of open findings is bounded', () => {
    const many = Array.from({ length: OPEN_FINDINGS_MAX + 50 }, (_, index) => candidate('slot-lost', { subject: `s${index}` }));
    expect(run([many, many]).open).toHaveLength(OPEN_FINDINGS_MAX);
  });
});

test('for any history: opened and resolved alternate, the state is plain JSON, and silence leaves nothing behind', () => {
  const codes = fc.constantFrom<FindingCode>('standby-not-receiving', 'replay-stalled', 'two-writable-nodes', 'disk-filling');
  fc.assert(
    fc.property(codes, fc.array(fc.boolean(), { maxLength: 80 }), (code, marks) => {
      const silence = Array.from({ length: 40 }, () => false);
      let state = findingStateFrom([]);
      let isOpen = false;
      [...marks, ...silence].forEach((mark, step) => {
        const next = advanceFindings(state, mark ? [candidate(code)] : [], NOW_MS + step * 1000, () => 'id');
        expect(next.opened.length + next.resolved.length).toBeLessThanOrEqual(1);
        if (next.opened.length > 0) expect(isOpen).toBe(false);
        if (next.resolved.length > 0) expect(isOpen).toBe(true);
        isOpen = next.open.length > 0;
        expect(JSON.parse(JSON.stringify(next.state))).toEqual(next.state);
        ({ state } = next);
      });
      expect(state.tracked).toEqual({});
    }),
  );
});
