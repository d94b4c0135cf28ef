import { describe, expect, test } from 'vitest';
import { expectFinding } from '../../../test/builders/expect-finding.ts';
import { codesIn } from '../../../test/builders/finding-kinds.ts';
import type { FindingCase } from '../../../test/builders/incidents.ts';
import { P, S, away, change, evaluate, idleSlot, pg, server } from '../../../test/builders/incidents.ts';
import {
  NOW_MS,
  aClusterInput,
  aDownstream,
  aPrimary,
  idleLsnAt,
  idleLsnTextAt,
  iso,
  notAnswering,
  withPostgres,
} from '../../../test/builders/index.ts';
import { anAuthority } from '../../../test/builders/operation.ts';
import type { ClusterInput, NodeInput } from '../topology/inputs.ts';

const replayed = (lsn: bigint, node: NodeInput): NodeInput => ({
  ...node,
  history: node.history.map((point) => ({ ...point, replayLsn: point.replayLsn! < lsn ? point.replayLsn : lsn })),
});
const stuck = idleLsnAt(NOW_MS - 30_000);
const unlisted = (name: string, input: ClusterInput) => pg(P, { downstreams: [aDownstream('aws-use1-b')] }, away(name, input));

/** S was out of sight while aws-use1-b took over from P, which is fenced. */
function leftBehind(): ClusterInput {
  const led = { ...aClusterInput(), leadership: { term: 2, holder: 'aws-use1-b', timeline: 2 } };
  const promoted = pg('aws-use1-b', { inRecovery: false, timeline: 2, walReceiver: null }, pg(S, { walReceiver: null }, led));
  return change(
    P,
    (node) => {
      const stopped = notAnswering(node, 'stopped');
      const fenced = anAuthority({ role: 'fenced', leaderTerm: 1, termSeen: 2, fenced: { at: iso(NOW_MS), reason: 'Test.' } });
      return { ...stopped, latest: { ...stopped.latest!, observation: { ...stopped.latest!.observation, authority: fenced } } };
    },
    promoted,
  );
}

const CASES: FindingCase[] = [
  { name: 'agent silent', code: 'node-not-seen', input: away(S), severity: 'warning', node: S, says: 'last seen 8 s ago' },
  { name: 'primary’s agent silent', code: 'node-not-seen', input: away(P), severity: 'critical', node: P },
  {
    name: 'joined, never reported',
    code: 'node-not-seen',
    input: change(S, (n) => ({ ...n, latest: null })),
    severity: 'warning',
    node: S,
  },
  { name: 'primary stopped', code: 'server-not-running', input: server(P, 'stopped'), severity: 'critical', node: P },
  { name: 'standby stopped', code: 'server-not-running', input: server(S, 'stopped'), severity: 'warning', node: S },
  {
    name: 'a fenced former primary',
    code: 'server-not-running',
    input: leftBehind(),
    severity: 'warning',
    node: P,
    says: 'by a reversion',
  },
  { name: 'primary frozen', code: 'server-not-responding', input: server(P, 'not-responding'), severity: 'critical', node: P },
  {
    name: 'too many connections',
    code: 'server-not-responding',
    input: server(P, 'refusing'),
    severity: 'warning',
    node: P,
    says: 'alive',
  },
  {
    name: 'commit probe fails',
    code: 'primary-not-writable',
    input: pg(P, { writeProbe: { ok: false, commitMs: null, reason: 'disk full' } }),
    severity: 'critical',
    node: P,
    says: 'disk full',
  },
  { name: 'primary stopped', code: 'no-primary', input: server(P, 'stopped'), severity: 'critical', node: null },
  {
    name: 'a second writable node',
    code: 'two-writable-nodes',
    input: change(S, () => aPrimary(S, { postgres: { timeline: 2 } })),
    severity: 'critical',
    node: null,
    subject: `${P}, ${S}`,
  },
  {
    name: 'old primary returned',
    code: 'node-out-of-term',
    input: { ...aClusterInput(), leadership: { term: 2, holder: S, timeline: 2 } },
    severity: 'critical',
    node: P,
  },
  { name: 'standby on a later timeline', code: 'timeline-fork', input: pg(S, { timeline: 2 }), severity: 'critical', node: S },
  {
    name: 'standby ahead of the primary',
    code: 'timeline-fork',
    input: change(S, (n) => ({ ...n, history: n.history.map((point) => ({ ...point, receiveLsn: point.receiveLsn! + 1_000_000n })) })),
    severity: 'critical',
    node: S,
    says: 'beyond what',
  },
  {
    name: 'walreceiver gone',
    code: 'standby-not-receiving',
    input: pg(S, { walReceiver: null, receiveLsn: idleLsnTextAt(NOW_MS - 30_000), replayLsn: idleLsnTextAt(NOW_MS - 30_000) }),
    severity: 'critical',
    node: S,
    says: 'behind',
  },
  {
    name: 'follows a node that led before',
    code: 'standby-left-behind',
    input: leftBehind(),
    severity: 'critical',
    node: S,
    says: 'aws-use1-b is the primary',
  },
  {
    name: 'cut towards the upstream',
    code: 'standby-not-seen-by-upstream',
    input: pg(P, {
      downstreams: [
        aDownstream('aws-use1-b'),
        aDownstream(S, { replyAt: iso(NOW_MS - 9e3), flushLsn: idleLsnTextAt(NOW_MS - 9e3), replayLsn: null }),
      ],
    }),
    severity: 'warning',
    node: S,
  },
  {
    name: 'not listed by the upstream',
    code: 'standby-not-seen-by-upstream',
    input: pg(P, { downstreams: [aDownstream('aws-use1-b')] }),
    severity: 'warning',
    node: S,
  },
  {
    name: 'replay stands still',
    code: 'replay-stalled',
    input: change(S, (n) => replayed(stuck, withPostgres(n, { replayLsn: idleLsnTextAt(NOW_MS - 30_000) }))),
    severity: 'warning',
    node: S,
  },
  { name: 'replay paused', code: 'replay-paused', input: pg(S, { replayPaused: true }), severity: 'warning', node: S },
  {
    name: 'standby killed with its agent',
    code: 'standby-missing',
    input: unlisted(S, aClusterInput()),
    severity: 'warning',
    node: S,
    says: 'lists no live stream',
  },
  {
    name: 'never enrolled',
    code: 'standby-missing',
    input: change(S, (n) => ({ ...n, latest: null, enrolled: false }), pg(P, { downstreams: [aDownstream('aws-use1-b')], slots: [] })),
    severity: 'warning',
    node: S,
    says: 'no agent',
  },
  {
    name: 'slot lost under a dead standby',
    code: 'wal-removed',
    input: pg(P, { slots: [idleSlot({ walStatus: 'lost', restartLsn: null })] }, pg(S, { walReceiver: null })),
    severity: 'warning',
    node: S,
    says: 'lost its slot',
  },
  {
    name: 'no slot, and behind all that is kept',
    code: 'wal-removed',
    input: pg(
      P,
      { slots: [], walDirectoryBytes: 1000 },
      pg(S, {
        walReceiver: null,
        configuredUpstream: { host: P, port: 5432, applicationName: S, slotName: null },
        receiveLsn: '0/3000000',
        replayLsn: '0/3000000',
      }),
    ),
    severity: 'warning',
    node: S,
    says: 'older than what is retained',
  },
  {
    name: 'a promotion by its own word, beside a primary that serves',
    code: 'promoted-outside',
    input: change(S, () =>
      aPrimary(S, { postgres: { timeline: 2 }, observation: { authority: anAuthority({ role: 'leader', leaderTerm: 2, termSeen: 2 }) } }),
    ),
    severity: 'critical',
    node: S,
    says: 'says that it is primary under term 2 on timeline 2. By the record aws-use1-a holds term 1, and aws-use1-a says that it accepts writes',
  },
  {
    name: 'commits wait',
    code: 'sync-standby-missing',
    input: pg(P, { synchronousStandbyNames: 'ANY 1 (x, y)' }),
    severity: 'critical',
    node: P,
  },
];

test('beyond the end of a cut list a standby is not said to be unseen by its upstream', () => {
  const input = pg(P, { downstreams: [aDownstream('aws-use1-b')], downstreamLosses: { more: 1, dropped: 0 } });
  expect(evaluate(input).map(({ code }) => code)).not.toContain('standby-not-seen-by-upstream');
});

describe('opens', () => {
  test.each(CASES)('$code: $name', (expected) => expectFinding(expected));

  test('every rule of these groups has a case', () => {
    expect(new Set(CASES.map(({ code }) => code))).toEqual(codesIn('presence', 'leadership', 'streaming'));
  });
});
