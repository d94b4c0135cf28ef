/** Reduces a cluster to the flat values that its card shows: a card is drawn again only when one of them changed. */
import { urgencyBand } from '../../lib/domain/topology/urgency.ts';
import type { UrgencyBand } from '../../lib/domain/topology/urgency.ts';
import type { ClusterSummary } from '../../lib/domain/topology/summary.ts';
import type { Severity } from '../../lib/domain/findings/model.ts';
import { LEADERSHIP_SOURCE, NODE_STATE, lagWords, objectiveWords, providerName, recoveryWords, rpoWords } from '../status/words.ts';
import type { StateTone } from '../status/words.ts';

export const BAND: Record<UrgencyBand, { word: string; tone: StateTone }> = {
  'act-now': { word: 'Critical', tone: 'bad' },
  'not-known': { word: 'Unknown', tone: 'unknown' },
  'look-soon': { word: 'Warning', tone: 'warn' },
  fine: { word: 'OK', tone: 'good' },
};

const PROVIDERS_IN_LINE = 2;

export interface CardFace {
  slug: string;
  name: string;
  sentence: string;
  band: UrgencyBand;
  rpoWords: string;
  rpoTone: StateTone;
  rpoObjective: string;
  recovery: string;
  recoveryNote: string;
  recoveryTone: StateTone;
  /** `null` = unknown, for each of the following. */
  primary: string | null;
  primaryState: string;
  primaryTone: StateTone;
  leadsSince: string | null;
  leadsBy: string;
  lag: string | null;
  lagNote: string;
  nodesUp: number | null;
  nodesTotal: number;
  nodesUnknown: number;
  where: string;
  /** Providers for which there is no room beside the first ones. */
  whereMore: string;
  /** `null` while nobody evaluates. */
  critical: number | null;
  warning: number | null;
  info: number | null;
  attention: string;
  /** When the first open finding was opened; `null` where `attention` names none. */
  attentionSince: string | null;
}

export function cardFace(summary: ClusterSummary): CardFace {
  const { primary, worstLag, leadership, nodes, stale } = summary;
  const providers = summary.providers.map(providerName);
  const rpo = rpoWords(summary.rpo);
  const recovery = recoveryWords(summary.provenRecovery);
  const primaryState = primary === null ? { word: 'no node is seen as primary', tone: 'unknown' as const } : NODE_STATE[primary.state];
  const count = (severity: Severity) => (stale ? null : summary.findings[severity]);
  return {
    slug: summary.slug,
    name: summary.name,
    sentence: summary.sentence,
    band: urgencyBand(summary),
    rpoWords: rpo.words,
    rpoTone: rpo.tone,
    rpoObjective: objectiveWords(summary.rpoObjectiveSeconds),
    recovery: recovery.words,
    recoveryNote: recovery.note,
    recoveryTone: recovery.tone,
    primary: primary?.name ?? null,
    primaryState: primaryState.word,
    primaryTone: primaryState.tone,
    leadsSince: leadership?.since ?? null,
    leadsBy: leadership === null ? 'no leadership recorded' : LEADERSHIP_SOURCE[leadership.source],
    lag: worstLag === null ? null : lagWords(worstLag),
    lagNote: lagNote(summary),
    nodesUp: nodes.up,
    nodesTotal: nodes.total,
    nodesUnknown: nodes.unknown,
    where: providers.slice(0, PROVIDERS_IN_LINE).join(', '),
    whereMore: providers.length > PROVIDERS_IN_LINE ? `and ${providers.slice(PROVIDERS_IN_LINE).join(', ')}` : '\u00a0',
    critical: count('critical'),
    warning: count('warning'),
    info: count('info'),
    attention: attention(summary),
    attentionSince: summary.stale ? null : (summary.firstFinding?.since ?? null),
  };
}

function lagNote({ worstLag, lagUnknownCount }: ClusterSummary): string {
  if (worstLag === null) return lagUnknownCount > 0 ? 'of every standby' : 'no standby';
  return lagUnknownCount > 0 ? `${lagUnknownCount} more unknown` : worstLag.node;
}

/** "Nothing found" says something only while Farshore evaluates. */
function attention({ stale, firstFinding }: ClusterSummary): string {
  if (stale) return 'Not evaluated now: what needs attention is unknown. Check that the controller runs.';
  return firstFinding === null ? 'No open findings.' : firstFinding.summary;
}
