/** Verifies the agent's journal from the oldest segment that is kept to the newest entry. */
import path from 'node:path';
import { JOURNAL_GENESIS } from '../../lib/agent-contract/commands.ts';
import type { JournalEntry } from '../../lib/agent-contract/commands.ts';
import { LINE_BYTES_MAX, hashOf } from './command-journal.ts';
import { listSegments, readHeader, readLines } from './journal-files.ts';
import type { JournalHead } from './journal-files.ts';

/**
 * Checks the whole chain, compressed segments included, from the oldest that is kept.
 * @returns the head, and the entry that the oldest kept one follows; or where it breaks.
 */
export function verifyJournal(stateDirectory: string): { from: JournalHead; head: JournalHead } | { broken: string } {
  let head: JournalHead | null = null;
  let from: JournalHead = { sequence: 0, hash: JOURNAL_GENESIS };
  const segments = listSegments(stateDirectory);
  for (const { number, file } of segments) {
    for (const { text, offset, whole } of readLines(file, LINE_BYTES_MAX)) {
      const broken = { broken: `${path.basename(file)} does not fit after entry ${head?.sequence ?? 0}` };
      // An agent that runs may be in the middle of its newest line.
      if (!whole && number === segments.at(-1)?.number) continue;
      if (!whole) return broken;
      const line = text.toString('utf8');
      try {
        const header = offset === 0 ? readHeader(line) : null;
        if (header !== null) {
          if (head === null) from = header.after;
          else if (header.after.hash !== head.hash || header.segment !== number) return broken;
          head ??= header.after;
          continue;
        }
        const entry = JSON.parse(line) as JournalEntry;
        const before: JournalHead = head ?? from;
        const follows = entry.sequence === before.sequence + 1 && entry.prevHash === before.hash;
        if (!follows || entry.hash !== hashOf(entry.prevHash, entry.text)) return broken;
        head = { sequence: entry.sequence, hash: entry.hash };
      } catch {
        return broken;
      }
    }
  }
  return { from, head: head ?? from };
}
