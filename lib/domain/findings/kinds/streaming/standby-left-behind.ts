/** Finds a standby that still follows a former primary. */
import { text, count } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { revert } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';
import { leftBehindBy } from './left-behind.ts';
import { streamCause } from './stream-cause.ts';

export const standbyLeftBehind: FindingKind<'standby-left-behind'> = {
  code: 'standby-left-behind',
  title: 'Standby follows a former primary',
  impact: 'It receives nothing from the current primary: it falls further behind each second and can’t take over.',
  likelyCauses: ['It was not seen when the primary changed, and was not repointed.', 'It was started with its former settings.'],
  nextAction:
    'Re-parent {node} to the present primary: “Re-parent…” among the operations of {node}. If it has WAL that the primary never had, the plan says so, and it must be reverted instead.',
  subject: null,
  hysteresis: URGENT,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: ['broken-stream'],
  cause: streamCause,
  groupedBy: 'occurrence',
  nextOperation: (finding) => {
    const { primary, timeline, timelineOfPrimary } = finding.evidence;
    // On a later timeline than the primary it has another history: repointing can't fix that.
    if (isMore(timeline?.value, timelineOfPrimary?.value) || typeof primary?.value !== 'string') return revert(finding);
    return finding.nodeName === null ? null : { kind: 're-parent', target: finding.nodeName, upstream: primary.value };
  },
  clusterSentence: null,
  rule: perNode((standby, context) => {
    const primary = leftBehindBy(standby, context);
    const upstream = context.views.get(standby.name)?.upstream ?? null;
    if (primary === null) return [];
    return [
      {
        severity: 'critical',
        subject: null,
        summary: `${standby.name} still follows ${upstream ?? 'nobody'}, which is no longer the primary; ${primary} is the primary.`,
        evidence: {
          upstream: text(upstream),
          primary: text(primary),
          timeline: count(standby.live?.timeline ?? null),
          timelineOfPrimary: count(context.views.get(primary)?.timeline ?? null),
          reason: text(context.views.get(standby.name)?.stateReason ?? null),
        },
      },
    ];
  }),
};

const isMore = (a: unknown, b: unknown): boolean => typeof a === 'number' && typeof b === 'number' && a > b;
