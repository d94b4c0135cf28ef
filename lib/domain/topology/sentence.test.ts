import { describe, expect, test } from 'vitest';
import {
  NOW_MS,
  aClusterInput,
  aClusterView,
  aPrimary,
  aStandby,
  iso,
  withNode,
  withPostgres,
  withPrimaryCutOff,
} from '../../../test/builders/index.ts';
import { describeFinding } from '../findings/catalogue.ts';
import type { NodeInput } from './inputs.ts';
import { clusterSentence } from './sentence.ts';

const sentence = (view = aClusterView(), nowMs = NOW_MS) => clusterSentence(view, nowMs);
const changed = (name: string, change: (node: NodeInput) => NodeInput) => aClusterView({}, withNode(aClusterInput(), name, change));
const away = (node: NodeInput): NodeInput => ({ ...node, latest: { ...node.latest!, observedAtMs: NOW_MS - 60_000 } });
const server = (node: NodeInput, state: 'stopped' | 'not-responding' | 'refusing'): NodeInput => ({
  ...node,
  latest: { ...node.latest!, observation: { ...node.latest!.observation, postgres: null, server: { state, message: null } } },
});

describe('the sentence about a cluster', () => {
  test('running: who could take over and what would be missing', () => {
    expect(sentence()).toBe(
      'If aws-use1-a died now, aws-use1-b could take over with at most 1 s of data missing; no drill has tested its recovery.',
    );
  });

  test('guaranteed', () => {
    const view = aClusterView();
    const rpo = { ...view.rpo, state: 'guaranteed-zero' as const, bestStandby: 'gcp-use4-a', boundSeconds: 0 };
    expect(sentence({ ...view, rpo })).toContain('gcp-use4-a could take over with no acknowledged commit missing');
  });

  test.each([
    ['no nodes', aClusterView({}, aClusterInput({ nodes: [] })), 'payments has no nodes.'],
    [
      'nothing reported',
      aClusterView({}, aClusterInput({ nodes: aClusterInput().nodes.map((node) => ({ ...node, latest: null, history: [] })) })),
      'The state of payments is unknown: no agent has reported yet.',
    ],
    [
      'single',
      aClusterView({}, aClusterInput({ nodes: [aPrimary('aws-use1-a')] })),
      'If aws-use1-a died now, nothing could take over: it has no standby; no drill has tested its recovery.',
    ],
    [
      'stopped',
      changed('aws-use1-a', (node) => server(node, 'stopped')),
      'payments has no primary: it accepts no writes. 3 standbys are seen',
    ],
    ['frozen', changed('aws-use1-a', (node) => server(node, 'not-responding')), 'The primary aws-use1-a does not respond'],
    ['full', changed('aws-use1-a', (node) => server(node, 'refusing')), 'The primary aws-use1-a is alive, but refuses connections.'],
    ['unseen', changed('aws-use1-a', away), 'Whether the primary aws-use1-a accepts writes is unknown. Last seen 1 min ago.'],
    [
      'read-only',
      changed('aws-use1-a', (node) => withPostgres(node, { writeProbe: { ok: false, commitMs: null, reason: 'x' } })),
      'The primary aws-use1-a does not accept writes.',
    ],
    [
      'cut off: nobody knows whether its standbys stream, and all are seen',
      aClusterView({}, withPrimaryCutOff(aClusterInput(), 20_000)),
      'Whether the primary aws-use1-a accepts writes is unknown. Last seen 20 s ago. 3 standbys are seen',
    ],
    [
      'all unseen',
      aClusterView({}, aClusterInput({ nodes: aClusterInput().nodes.map(away) })),
      'The state of payments is unknown: none of its nodes is seen now.',
    ],
    [
      'no lag known',
      aClusterView({}, aClusterInput({ nodes: [aPrimary('aws-use1-a'), away(aStandby('rax-dfw-a', 'aws-use1-a'))] })),
      'If aws-use1-a died now, the possible data loss is unknown',
    ],
  ])('%s', (_, view, start) => expect(sentence(view)).toContain(start));

  test('a view that is not renewed says nothing about now', () => {
    expect(sentence(aClusterView(), NOW_MS + 60_000)).toBe(
      'The state of payments is unknown: Farshore’s controller last looked 1 min ago.',
    );
  });

  test('split brain comes before everything else', () => {
    const split = {
      code: 'two-writable-nodes' as const,
      severity: 'critical' as const,
      nodeName: null,
      subject: 'a, b',
      summary: '',
      evidence: {},
    };
    const view = aClusterView({ findings: [describeFinding(split, 'id', NOW_MS)] });
    expect(sentence(view)).toBe('payments has more than one node that accepts writes: a, b.');
  });

  test('never promises what is unknown', () => {
    const view = aClusterView();
    const rpo = { ...view.rpo, state: 'unknown' as const, boundSeconds: null, since: iso(NOW_MS) };
    expect(sentence({ ...view, rpo })).toBe('If aws-use1-a died now, the possible data loss is unknown; no drill has tested its recovery.');
  });
});
