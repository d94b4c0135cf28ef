/** Promises not to follow an older term: stops receiving, durably, then tells what was received. */
import { z } from 'zod';
import { PeerConnections } from '../peer-connection.ts';
import { NodeReport, TimelineHistory } from '../node-report.ts';
import { defineVerb, NO_CLAIM, NoArguments } from './verb.ts';

export const verb = defineVerb({
  name: 'promise',
  args: NoArguments,
  /** `peers`: how a connection to each other node ended. */
  evidence: z.object({ report: NodeReport, history: TimelineHistory, peers: PeerConnections }),
  looksOnly: false,
  lane: 'server',
  urgency: 'before-steering',
  yields: { to: 'before-steering', leaves: 'The node may have stopped receiving.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: true,
  needs: { programs: [], functions: ['pg_wal_replay_resume()'], parameters: ['primary_conninfo'] },
});
