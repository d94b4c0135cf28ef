/** Finds nodes whose samples are not whole: rows that are missing or were not understood, words that are not known, samples set aside. */
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
  title: 'Samples are not whole',
  impact: 'What is missing is shown as unknown and judged by no rule: a fault of a standby or slot that is not in the list stays unseen.',
  likelyCauses: [
    'The node has more standbys or slots than one sample carries.',
    'PostgreSQL or the agent on the node is newer than this Farshore.',
    'A fault of the agent.',
  ],
  nextAction:
    'Upgrade the controller when {node} is newer (docs/upgrade.md). Samples that were refused lie in the directory `refused` of the agent’s state directory, with the reason; send them to support, then remove that directory.',
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
      ...(refused > 0 ? [`${refused} whole samples, which were refused and set aside`] : []),
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
