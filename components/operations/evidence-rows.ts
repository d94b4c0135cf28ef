/** Evidence of a step as labelled values: what its name ends with says how it is read. Pure. */
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { formatBytes } from '../../lib/domain/format/quantity.ts';

export interface EvidenceRow {
  label: string;
  value: string;
  /** LSNs, hashes and program output are set in a fixed width. */
  fixed: boolean;
  /** Several lines, which stand in a box of their own. */
  long: boolean;
}

const DEPTH_MAX = 4;
const ROWS_MAX = 80;
const LONG_CHARACTERS = 120;
/** Shown apart, as a table. */
const SHOWN_ELSEWHERE = new Set(['ledger']);

export function evidenceRows(evidence: unknown): EvidenceRow[] {
  const rows: EvidenceRow[] = [];
  collect(evidence, [], rows);
  return rows.slice(0, ROWS_MAX);
}

function collect(value: unknown, path: readonly string[], rows: EvidenceRow[]): void {
  if (rows.length >= ROWS_MAX || value === undefined) return;
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object' || entry === null)) {
    rows.push({ ...rowOf(path, value.length === 0 ? 'none' : value.join(', ')) });
    return;
  }
  if (typeof value === 'object' && value !== null && path.length < DEPTH_MAX) {
    for (const [key, entry] of Object.entries(value)) {
      if (!SHOWN_ELSEWHERE.has(key)) collect(entry, [...path, Array.isArray(value) ? String(Number(key) + 1) : key], rows);
    }
    return;
  }
  rows.push(rowOf(path, value));
}

function rowOf(path: readonly string[], value: unknown): EvidenceRow {
  const key = path.at(-1) ?? '';
  const label = path.map(wordsOf).join(' › ') || 'evidence';
  const text = valueText(key, value);
  const fixed = /lsn$/i.test(key) || /hash|segment|output|value/i.test(key);
  return { label, value: text, fixed, long: text.length > LONG_CHARACTERS || text.includes('\n') };
}

function valueText(key: string, value: unknown): string {
  if (value === null) return 'unknown';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && /Ms$/.test(key)) return formatDuration(value);
  if (typeof value === 'number' && /bytes$/i.test(key)) return formatBytes(value);
  if (typeof value === 'string' && /lsn$/i.test(key)) return value.toUpperCase();
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

/** `waitedForWalMs` → `waited for wal`; units are said by the value. */
function wordsOf(key: string): string {
  return key
    .replace(/(Ms|Bytes)$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/\blsn\b/g, 'LSN')
    .replace(/\bwal\b/g, 'WAL');
}
