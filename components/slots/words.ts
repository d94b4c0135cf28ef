/** Chooses words and tones for slots. Pure, so that they can be tested. */
import { isUnknownWord } from '../../lib/domain/postgres/unknown-word.ts';
import type { Forecast, ForecastPair } from '../../lib/domain/slots/forecast.ts';
import type { SlotRow, VolumeRow } from '../../lib/domain/slots/board.ts';
import { formatMinutes } from '../../lib/domain/format/duration.ts';
import type { StateTone } from '../status/words.ts';

export function forecastWords(forecast: Forecast): string {
  switch (forecast.kind) {
    case 'minutes':
      return formatMinutes(forecast.minutes);
    case 'now':
      return 'now';
    case 'no-limit':
      return 'no limit set';
    case 'idle':
      return 'not while idle';
    case 'unknown':
      return 'unknown';
  }
}

/** Both rates in a line; one word where both say the same without minutes. */
export function forecastPairWords({ present, p95 }: ForecastPair): { first: string; second: string | null } {
  if (present.kind === p95.kind && present.kind !== 'minutes') return { first: forecastWords(present), second: null };
  return { first: forecastWords(present), second: `p95: ${forecastWords(p95)}` };
}

export const USE_WORD: Record<SlotRow['use'], string> = {
  feeding: 'active',
  waiting: 'inactive',
  spare: 'spare',
  unused: 'retains nothing',
  lost: 'lost',
  unknown: 'unknown',
};

/** A slot as it stands now; `fresh` false: as it was seen last, which is no state to be green about. */
export function slotState(slot: SlotRow, fresh: boolean): { word: string; tone: StateTone } {
  const word = USE_WORD[slot.use];
  if (!fresh) return { word: `was ${word}`, tone: 'unknown' };
  if (slot.use === 'lost' || slot.severity === 'critical') return { word, tone: 'bad' };
  if (slot.severity === 'warning' || slot.use === 'waiting') return { word, tone: 'warn' };
  if (slot.use === 'unknown') return { word, tone: 'unknown' };
  return { word, tone: slot.use === 'feeding' ? 'good' : 'info' };
}

const WAL_STATUS_WORD = {
  reserved: 'reserved',
  extended: 'extended',
  unreserved: 'unreserved: lost at the next checkpoint',
  lost: 'lost',
} as const;
export const walStatusWord = (status: SlotRow['walStatus']): string =>
  status === null ? 'none' : isUnknownWord(status) ? status : WAL_STATUS_WORD[status];

/** A prediction, or an "if". */
export function volumeForecastWords(volume: VolumeRow): { lead: string; pair: { first: string; second: string | null } | null } {
  if (!volume.takesWal) return { lead: 'no WAL is written here', pair: null };
  const pair = forecastPairWords(volume.untilFull);
  switch (volume.keeps) {
    case null:
      return { lead: 'until full', pair: { first: 'unknown', second: null } };
    case 'all':
      return { lead: 'full in', pair };
    case 'up-to-a-limit':
      return { lead: 'a slot retains WAL here, but is lost before the disk is full; if all WAL stayed, full in', pair };
    case 'released':
      return { lead: 'WAL is released as it is written; if all WAL stayed, full in', pair };
  }
}

export function volumeTone(volume: VolumeRow, fresh: boolean): StateTone {
  if (!fresh) return 'unknown';
  return volume.severity === 'critical' ? 'bad' : volume.severity === 'warning' ? 'warn' : 'good';
}
