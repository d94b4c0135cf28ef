/** Finds a split brain: more than one node out of recovery. */
import { noCause } from '../../cause-look.ts';
import { text, count } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { IMMEDIATE } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { namedNodesSeen } from '../../observability.ts';

export const twoWritableNodes: FindingKind<'two-writable-nodes'> = {
  code: 'two-writable-nodes',
  title: 'Two nodes accept writes',
  impact: 'Split brain: each accepts writes that the other will never have. Every second adds rows to reconcile by hand.',
  likelyCauses: ['A standby was promoted while the old primary kept running.', 'An old primary was started again after a failover.'],
  nextAction:
    'Decide which one holds the term, and stop the other at once: `pg_ctl stop -m fast`. Leave its data directory and WAL untouched: the loss ledger needs the rows that exist only there.',
  subject: 'nodes',
  hysteresis: IMMEDIATE,
  concludedFromSilence: false,
  isObservable: namedNodesSeen,
  explains: ['split-brain'],
  cause: noCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: '{cluster} has more than one node that accepts writes: {subject}.',
  rule: ({ topology, sightings, input }) => {
    if (topology.outOfRecovery.length < 2) return [];
    const names = topology.outOfRecovery.toSorted();
    return [
      {
        severity: 'critical',
        nodeName: null,
        subject: names.join(', '),
        summary: `${names.join(' and ')} are out of recovery at the same time.`,
        evidence: {
          holder: text(input.leadership?.holder ?? null),
          ...Object.fromEntries(names.map((name) => [`timelineOf ${name}`, count(sightings.get(name)?.live?.timeline ?? null)])),
        },
      },
    ];
  },
};
