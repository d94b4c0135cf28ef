/** Names why a standby does not stream. */
import type { CauseFinding, CauseLook } from '../../cause-look.ts';

export function streamCause<T extends CauseFinding>(finding: T, look: CauseLook<T>): T | null {
  return lostStream(finding, look) ?? look.awayUpstream(finding.nodeName) ?? look.find(['no-wal-received'], look.on(finding.nodeName));
}

/** The standby is away, or what it needs is gone. */
export function lostStream<T extends CauseFinding>({ nodeName }: T, look: CauseLook<T>): T | null {
  return look.awayOn(nodeName) ?? look.find(['lost-wal'], look.on(nodeName)) ?? look.find(['lost-slot'], look.slotOf(nodeName));
}
