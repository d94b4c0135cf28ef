/** Formats one evidence value as text, the same on every screen and in every report. */
import type { Evidence } from '../findings/model.ts';
import { formatDuration } from './duration.ts';
import { UNKNOWN, formatBytes, formatBytesPerSecond, formatCount, formatLsnText } from './quantity.ts';

export function formatEvidence(evidence: Evidence): string {
  switch (evidence.kind) {
    case 'bytes':
      return formatBytes(evidence.value);
    case 'bytesPerSecond':
      return formatBytesPerSecond(evidence.value);
    case 'durationMs':
      return formatDuration(evidence.value);
    case 'count':
      return formatCount(evidence.value);
    case 'lsn':
      return formatLsnText(evidence.value);
    case 'instant':
    case 'text':
      return evidence.value ?? UNKNOWN;
  }
}

/** `untilDiskFull` → `until disk full`: evidence keys are written to be read. */
export function formatEvidenceKey(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, (_, before: string, capital: string) => `${before} ${capital.toLowerCase()}`);
}
