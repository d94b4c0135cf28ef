/** Formats a possible loss in figures. */
import { formatBoundSeconds } from '../../format/duration.ts';
import { formatBytes } from '../../format/quantity.ts';
import type { Outlook } from '../model.ts';

/** `up to 4.1 kB / 1 s`; what is level at this moment may not be the next. */
export function lossFigures(loss: Outlook['loss']): string {
  if (loss.bytes === null && loss.seconds === null) return 'unknown';
  if (loss.bytes === 0 && (loss.seconds === 0 || loss.seconds === null)) return 'what was written since';
  const seconds = loss.seconds === null ? 'time unknown' : formatBoundSeconds(loss.seconds);
  return `up to ${formatBytes(loss.bytes)} / ${seconds}`;
}
