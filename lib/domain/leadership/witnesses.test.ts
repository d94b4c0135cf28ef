import { describe, expect, test } from 'vitest';
import {
  NOW_MS,
  aClusterInput,
  aDownstream,
  aPrimary,
  aStandby,
  aWalReceiver,
  iso,
  silentFor,
  withNode,
  withPostgres,
} from '../../../test/builders/index.ts';
import { anAuthority } from '../../../test/builders/operation.ts';
import type { Authority } from '../../agent-contract/commands.ts';
import type { PeerConnection } from '../../agent-contract/peer-connection.ts';
import type { ClusterInput, NodeInput } from '../topology/inputs.ts';
import { parseLsnOrNull } from '../postgres/lsn.ts';
import { FENCE_WITNESSES, PROMOTION_WITNESSES, judgePromotions, whyNotFenced, whyNotReceivedThat } from './witnesses.ts';

const [OLD, HERO, OTHER] = ['aws-use1-a', 'rax-dfw-a', 'aws-use1-b'];

const saying = (node: NodeInput, authority: Partial<Authority>): NodeInput => ({
  ...node,
  latest: { ...node.latest!, observation: { ...node.latest!.observation, authority: anAuthority(authority) } },
});
const trying =
  (answer: PeerConnection['answer'], agoMs = 1_000, forMs = 20_000, peer = OLD) =>
  (node: NodeInput): NodeInput => ({
    ...node,
    latest: {
      ...node.latest!,
      observation: {
        ...node.latest!.observation,
        peerConnections: [{ name: peer, answer, at: iso(NOW_MS - agoMs), since: iso(NOW_MS - agoMs - forMs) }],
      },
    },
  });
const entry =
  (term: number) =>
  (node: NodeInput): NodeInput => ({ ...node, brokeGlass: { term, atMs: NOW_MS - 5_000 } });
type Change = (input: ClusterInput) => ClusterInput;
const at =
  (name: string, change: (node: NodeInput) => NodeInput): Change =>
  (input) =>
    withNode(input, name, change);

/** HERO says that it leads under term 2, and nothing else is changed: the primary serves everybody. */
const lie = (timeline = 2): ClusterInput =>
  withNode(aClusterInput(), HERO, () => saying(aPrimary(HERO, { postgres: { timeline } }), { role: 'leader', leaderTerm: 2, termSeen: 2 }));
const dead: Change = at(OLD, (node) => silentFor(node, 60_000));
/** OTHER streams from HERO, by the word of both. */
const streamed: Change = (input) =>
  withNode(
    withNode(input, HERO, (node) => withPostgres(node, { downstreams: [aDownstream(OTHER)] })),
    OTHER,
    () => aStandby(OTHER, HERO, { postgres: { timeline: 2, walReceiver: aWalReceiver({ receivedTimeline: 2 }) } }),
  );
const refusedByTwo: Change = (input) => at(HERO, trying('refused'))(at(OTHER, trying('refused'))(input));

const CASES: readonly [string, ClusterInput, readonly Change[], boolean][] = [
  ['its word alone, on the timeline of the record (A1)', lie(1), [], false],
  ['its word and its own entry', lie(), [at(HERO, entry(2))], false],
  ['its word, its entry, and a holder that is silent', lie(), [at(HERO, entry(2)), dead], false],
  [
    'a silent holder that times out for both',
    lie(),
    [at(HERO, entry(2)), dead, at(HERO, trying('no-answer')), at(OTHER, trying('no-answer'))],
    false,
  ],
  ['refused to itself alone', lie(), [at(HERO, entry(2)), dead, at(HERO, trying('refused'))], false],
  ['two refusals, all of it', lie(), [at(HERO, entry(2)), dead, refusedByTwo], true],
  [
    'two refusals, one of them old',
    lie(),
    [at(HERO, entry(2)), dead, at(HERO, trying('refused')), at(OTHER, trying('refused', 60_000))],
    false,
  ],
  ['two refusals, and a third gets through', lie(), [at(HERO, entry(2)), dead, refusedByTwo, at('gcp-use4-a', trying('answers'))], false],
  [
    'two refusals of a server that is being restarted',
    lie(),
    [at(HERO, entry(2)), dead, at(HERO, trying('refused')), at(OTHER, trying('refused', 1_000, 4_000))],
    false,
  ],
  ['two refusals without its entry', lie(), [dead, refusedByTwo], false],
  ['two refusals with the entry of another term', lie(), [at(HERO, entry(1)), dead, refusedByTwo], false],
  ['two refusals on the old timeline', lie(1), [at(HERO, entry(2)), dead, refusedByTwo], false],
  ['another streams the new timeline', lie(), [at(HERO, entry(2)), dead, streamed], true],
  [
    'another streams, by the claimant’s word only',
    lie(),
    [at(HERO, entry(2)), dead, at(HERO, (node) => withPostgres(node, { downstreams: [aDownstream(OTHER)] }))],
    false,
  ],
];

describe('a promotion that no operation made', () => {
  test.each(CASES)('%s', (_what, start, changes, believed) => {
    const input = changes.reduce((before, change) => change(before), start);
    const [verdict, ...more] = judgePromotions(input, NOW_MS);
    expect(more).toEqual([]);
    expect(verdict).toMatchObject({ claim: { node: HERO, term: 2 }, believed });
    expect(verdict!.lacks.length > 0).toBe(!believed);
  });

  test('a holder that serves others is not moved by two liars that call it dead', () => {
    const serving = withNode(lie(), OLD, (node) => withPostgres(node, { downstreams: [aDownstream('gcp-use4-a')] }));
    const input = [at(HERO, entry(2)), refusedByTwo, at('gcp-use4-a', () => aStandby('gcp-use4-a', OLD))].reduce(
      (before, change) => change(before),
      serving,
    );
    expect(judgePromotions(input, NOW_MS)[0]).toMatchObject({ believed: false, has: expect.not.arrayContaining(['holder-not-serving']) });
  });

  test('two claims of the same: neither', () => {
    const both = withNode(
      [at(HERO, entry(2)), dead, refusedByTwo].reduce((i, change) => change(i), lie()),
      'gcp-use4-a',
      () => saying(aPrimary('gcp-use4-a', { postgres: { timeline: 2 } }), { role: 'leader', leaderTerm: 2, termSeen: 2 }),
    );
    expect(judgePromotions(both, NOW_MS).map(({ believed }) => believed)).toEqual([false, false]);
  });

  test('two nodes: no third can witness it, whatever the claimant says', () => {
    const [claimant] = lie().nodes.filter(({ name }) => name === HERO);
    for (const answer of ['refused', 'answers', 'no-answer'] as const) {
      const nodes = [silentFor(aPrimary(OLD), 60_000), trying(answer)(entry(2)(claimant!))];
      expect(judgePromotions({ ...aClusterInput(), nodes }, NOW_MS)[0]).toMatchObject({ believed: false });
    }
  });

  test('the holder that counts higher moves nothing, and is believed', () => {
    const input = withNode(aClusterInput(), OLD, (node) => saying(node, { role: 'leader', leaderTerm: 4, termSeen: 4 }));
    expect(judgePromotions(input, NOW_MS)).toMatchObject([{ believed: true, claim: { node: OLD } }]);
  });

  test('nobody claims anything', () => expect(judgePromotions(aClusterInput(), NOW_MS)).toEqual([]));
});

test.each([
  ['refused from elsewhere', [{ node: HERO, answer: 'refused' }], true],
  [
    'reached from elsewhere',
    [
      { node: HERO, answer: 'refused' },
      { node: OTHER, answer: 'answers' },
    ],
    false,
  ],
  ['only time-outs', [{ node: HERO, answer: 'no-answer' }], false],
  [
    'its own refusal',
    [
      { node: OLD, answer: 'refused' },
      { node: HERO, answer: 'no-answer' },
    ],
    false,
  ],
  ['agents of the release before, which try nothing', [{ node: HERO, answer: null }], true],
] as const)('a fence by its own agent, %s', (_what, reports, proven) => {
  expect(whyNotFenced(OLD, reports) === null).toBe(proven);
});

test.each([
  ['what was reported', '0/5000000', true],
  ['a little more, written since', '0/5800000', true],
  ['far more than it can have written', '9/0', false],
])('a position: %s', (_what, lsn, believed) => {
  const last = { name: OLD, lsn: '0/5000000', observedAt: iso(NOW_MS - 2_000) };
  expect(whyNotReceivedThat(parseLsnOrNull(lsn)!, last, NOW_MS) === null).toBe(believed);
});

test('each witness of the tables is said in words', () => {
  for (const { what } of [...PROMOTION_WITNESSES, ...FENCE_WITNESSES]) expect(what).toMatch(/^[a-z].{20,}/);
});
