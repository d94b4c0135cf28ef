/** Names why a slot has no consumer or falls behind: its standby is away, can't continue, or does not stream. */
import type { CauseFinding, CauseLook } from '../../cause-look.ts';

export function slotCause<T extends CauseFinding>(finding: T, look: CauseLook<T>): T | null {
  const consumer = look.consumerOf(finding.nodeName, finding.subject);
  return (
    look.awayOn(consumer) ??
    look.find(['lost-slot', 'lost-wal'], look.slotOf(consumer)) ??
    look.find(['lost-wal'], look.on(consumer)) ??
    look.find(['broken-stream'], look.on(consumer))
  );
}
