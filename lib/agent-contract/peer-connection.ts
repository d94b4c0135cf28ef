/** How a new connection to another node's server ended: a witness of whether that is off (docs/decisions/0032). */
import { z } from 'zod';
import { Instant, Name } from './primitives.ts';

export const PEER_CONNECTIONS_MAX = 64;

/** `refused` by its host, `answers`: a server is there, `no-answer` in time: proves nothing. `since`: the same at each try from then on. */
export const PeerConnection = z.object({
  name: Name,
  answer: z.enum(['answers', 'refused', 'no-answer']),
  at: Instant,
  since: Instant,
});
export type PeerConnection = z.infer<typeof PeerConnection>;

/** One that can't be understood costs itself. Absent from an agent of a release before it tried. */
export const PeerConnections = z.array(PeerConnection).max(PEER_CONNECTIONS_MAX).optional().catch(undefined);
