/** Shows that a finding belongs to the role, not to the host: when roles change, findings of the old role resolve. */
import { describe, expect, test } from 'vitest';
import { P, S, away } from '../../../test/builders/incidents.ts';
import { NOW_MS, aClusterInput, aPrimary, aStandby, evaluated } from '../../../test/builders/index.ts';
import type { ClusterInput } from '../topology/inputs.ts';
import { evaluateFindings } from './evaluate.ts';
import { describeFinding } from './catalogue.ts';
import { advanceFindings, findingStateFrom } from './hysteresis.ts';
import type { Finding } from './model.ts';
import type { FindingCode } from './registry.ts';

const STANDBY_CODES: readonly FindingCode[] = [
  ...([
    'standby-not-receiving',
    'standby-not-seen-by-upstream',
    'replay-stalled',
    'replay-paused',
    'standby-missing',
    'wal-removed',
  ] as const),
  ...(['parameter-mismatch', 'version-mismatch', 'collation-mismatch', 'timeline-fork', 'tls-off', 'tls-below-1-3'] as const),
];
const PRIMARY_CODES: readonly FindingCode[] = ['primary-not-writable', 'sync-standby-missing', 'archive-failing', 'archive-stalled'];
const CLUSTER_CODES: readonly FindingCode[] = ['no-primary'];

const open = (code: FindingCode, nodeName: string | null): Finding =>
  describeFinding(
    { code, severity: 'critical', nodeName, subject: null, summary: code, evidence: {} },
    `${code} ${nodeName ?? ''}`,
    NOW_MS - 60_000,
  );

/** S leads now, in term 2 on timeline 2; P streams from it. */
function afterSwitchover(): ClusterInput {
  const base = aClusterInput();
  return aClusterInput({
    leadership: { term: 2, holder: S, timeline: 2 },
    nodes: base.nodes.map((node) => {
      if (node.name === S) return { ...aPrimary(S, { postgres: { timeline: 2 } }), site: node.site };
      return { ...aStandby(node.name, S, { postgres: { timeline: 2 } }), site: node.site };
    }),
  });
}

/** Ids that are still open after twelve evaluations a second apart. */
function stillOpen(input: ClusterInput, before: readonly Finding[]): string[] {
  let state = findingStateFrom(before);
  let openFindings: readonly Finding[] = before;
  for (let second = 0; second < 12; second += 1) {
    // The samples are as young in each evaluation; only the hysteresis moves on.
    const { topology, rpo } = evaluated({ ...input, openFindings }, NOW_MS);
    const candidates = evaluateFindings({ ...input, openFindings }, topology, rpo, NOW_MS);
    const next = advanceFindings(state, candidates, NOW_MS + second * 1000, () => `new ${second}`);
    ({ state, open: openFindings } = next);
  }
  return openFindings.map(({ id }) => id).filter((id) => !id.startsWith('new'));
}

describe('after a change of primary nothing stays', () => {
  test.each(STANDBY_CODES)('%s of the standby that leads now resolves', (code) => {
    expect(stillOpen(afterSwitchover(), [open(code, S)])).toEqual([]);
  });

  test.each(STANDBY_CODES)('%s resolves also while the old primary is out of sight', (code) => {
    expect(stillOpen(away(P, afterSwitchover()), [open(code, S)])).toEqual([]);
  });

  test.each(PRIMARY_CODES)('%s of the old primary, a standby now, resolves', (code) => {
    expect(stillOpen(afterSwitchover(), [open(code, P)])).toEqual([]);
  });

  test.each(CLUSTER_CODES)('%s resolves', (code) => {
    expect(stillOpen(afterSwitchover(), [open(code, null)])).toEqual([]);
  });
});
