/** Keeps the state of the link to the controller on disk at each change, so that `status` can tell after a restart too. */
import path from 'node:path';
import { z } from 'zod';
import { readJsonFile, writeFileIfPossible } from '../journal/atomic-file.ts';

const LinkState = z.object({
  /**
   * `connecting`: not tried yet; `connected`: the last batch was acknowledged; `unreachable`: no answer; `refused`: the controller
   * answers, but does not accept this agent (identity locked or revoked).
   */
  state: z.enum(['connecting', 'connected', 'unreachable', 'refused']),
  since: z.string(),
  reason: z.string().nullable(),
});
export type LinkState = z.infer<typeof LinkState>;

const linkFile = (stateDirectory: string): string => path.join(stateDirectory, 'link.json');

export function loadLinkState(stateDirectory: string): LinkState | null {
  const parsed = LinkState.safeParse(readJsonFile(linkFile(stateDirectory)));
  return parsed.success ? parsed.data : null;
}

/** As far as the disk allows: how the link stands must never decide whether it works. */
export function storeLinkState(stateDirectory: string, state: LinkState): void {
  writeFileIfPossible(linkFile(stateDirectory), `${JSON.stringify(state)}\n`);
}
