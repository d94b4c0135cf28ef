/** Finds nodes whose samples are incomplete: rows that are missing or not understood, unknown words, samples set aside. */
import type { ListLosses, PostgresObservation } from '../../../../agent-contract/observation.ts';
import { isUnknownWord } from '../../../postgres/unknown-word.ts';
import { noCause } from '../../cause-look.ts';
import { count, text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { PATIENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { agentSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

const missing = (losses: ListLosses | undefined): number => (losses === undefined ? 0 : losses.more + losses.dropped);

/** Words of PostgreSQL's that this release does not know, each with where it stands. */
function unknownWords({ downstreams, slots, archiver }: PostgresObservation): string[] {
  const words = [
    ...downstreams.flatMap(({ state, syncState }) => [`state ${state}`, `sync_state ${syncState}`]),
    ...slots.flatMap(({ type, walStatus }) => [`slot_type ${type}`, `wal_status ${walStatus ?? ''}`]),
    `archive_mode ${archiver.mode}`,
  ];
  return [...new Set(words.filter((word) => isUnknownWord(word.slice(word.indexOf(' ') + 1))))];
}

export const observationIncomplete: FindingKind<'observation-incomplete'> = {
  code: 'observation-incomplete',
  title: 'Samples are incomplete',
  impact: 'What is missing is shown as unknown, and no rule judges it: a fault of a standby or slot that is not listed stays unseen.',
  likelyCauses: [
    'The node has more standbys or slots than one sample carries.',
    'PostgreSQL or the agent on the node is newer than this Farshore.',
    'The agent has a fault.',
  ],
  nextAction:
    'Upgrade the controller if {node} is newer (docs/upgrade.md). Refused samples are in the directory `refused` of the agent’s state directory, with the reason: send them to support, then remove that directory.',
  subject: null,
  hysteresis: PATIENT,
  concludedFromSilence: false,
  isObservable: agentSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, live, observation }) => {
    const [downstreams, slots] = [missing(live?.downstreamLosses), missing(live?.slotLosses)];
    const words = live === null ? [] : unknownWords(live);
    const refused = observation?.agent?.refusedSamples ?? 0;
    const parts = [
      ...(downstreams > 0 ? [`${downstreams} rows of pg_stat_replication`] : []),
      ...(slots > 0 ? [`${slots} rows of pg_replication_slots`] : []),
      ...(words.length > 0 ? [`the meaning of ${words.map((word) => word.replace('unknown: ', '')).join(', ')}`] : []),
      ...(refused > 0 ? [`${refused} whole samples, refused and set aside`] : []),
    ];
    if (parts.length === 0) return [];
    return [
      {
        severity: 'warning',
        subject: null,
        summary: `Samples of ${name} lack ${parts.join('; ')}.`,
        evidence: {
          ...{ streamsMissing: count(downstreams), slotsMissing: count(slots), refusedSamples: count(refused) },
          unknownWords: text(words.length === 0 ? 'none' : words.join(', ')),
        },
      },
    ];
  }),
};
