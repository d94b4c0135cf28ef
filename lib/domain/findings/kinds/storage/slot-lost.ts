/** Finds a slot whose WAL was removed. */
import { slotNameOf } from '../../../topology/sighting.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { IMMEDIATE } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const slotLost: FindingKind<'slot-lost'> = {
  code: 'slot-lost',
  title: 'Replication slot is lost',
  impact: 'The WAL that its consumer needs was removed. The standby that uses it can’t continue through this slot.',
  likelyCauses: ['The WAL it retained exceeded max_slot_wal_keep_size.'],
  nextAction:
    "Re-clone the standby, or let it catch up from the archive. Then drop the slot on {node} and create it again: `SELECT pg_drop_replication_slot('{subject}')`.",
  subject: 'slot',
  hysteresis: IMMEDIATE,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: ['slot', 'lost-slot'],
  cause: (finding, look) => look.awayOn(look.consumerOf(finding.nodeName, finding.subject)),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, live }, { sightings }) =>
    (live?.slots ?? [])
      .filter((slot) => slot.walStatus === 'lost')
      .map((slot) => {
        const consumer = [...sightings.keys()].find((node) => slotNameOf(node) === slot.name);
        return {
          severity: consumer === undefined ? ('warning' as const) : ('critical' as const),
          subject: slot.name,
          summary: `Slot ${slot.name} on ${name} is lost: WAL that its consumer${consumer === undefined ? '' : ` ${consumer}`} needs was removed.`,
          evidence: { walStatus: text(slot.walStatus), consumer: text(consumer ?? null) },
        };
      }),
  ),
};
