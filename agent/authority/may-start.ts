/**
 * Decides whether the server on this host may be started as its directory says. Pure: in go local knowledge, the controller's record and
 * the peers' answers. A standby may always start. A former primary starts only when it is certain that no other node took over meanwhile:
 * that it led yesterday is no proof.
 */
import { leads, whyNotWritable } from './rules.ts';
import type { Leadership } from './rules.ts';

/** The controller's record; `null` = the cluster was never led. */
export type RecordedLeader = { term: number; holder: string | null } | null;
/** `answer: null` = the peer did not answer. */
export interface PeerStanding {
  node: string;
  answer: { isPrimary: boolean; timeline: number } | null;
}

export interface StartQuestion {
  nodeName: string;
  leadership: Leadership;
  /** Of the directory's last checkpoint; `null` = can't be read. */
  timeline: number | null;
  /** `standby.signal` or `recovery.signal` is there. */
  startsInRecovery: boolean;
  /** The signal file is the agent's own mark on a former primary. */
  isHeld: boolean;
  /** `undefined` = the controller gave no answer. */
  recorded: RecordedLeader | undefined;
  /** Asked only when the controller gave no answer. */
  peers: readonly PeerStanding[];
}

export type StartAnswer =
  | { may: 'start'; because: string }
  /** `hold`: the directory is to be marked, because it is proved that another node leads. */
  | { may: 'not'; because: string; hold: boolean }
  /** Nobody could say; it is asked again. */
  | { may: 'unknown'; because: string };

/** Answers without asking another host; `null` = the controller must be asked. */
export function answerAlone(question: Omit<StartQuestion, 'recorded' | 'peers'>): StartAnswer | null {
  const { leadership, isHeld, startsInRecovery } = question;
  if (leadership.unusable !== null)
    return { may: 'not', because: `The data directory must not be used: ${leadership.unusable.reason}`, hold: false };
  const reason = whyNotWritable(leadership);
  if (startsInRecovery && !isHeld) return { may: 'start', because: 'It starts as a standby.' };
  if (reason !== null) return { may: 'not', because: `${reason} Bring it back with a reversion.`, hold: true };
  return null;
}

/** The whole answer. */
export function mayStart(question: StartQuestion): StartAnswer {
  const { nodeName, leadership, isHeld, recorded } = question;
  const alone = answerAlone(question);
  if (alone !== null) return alone;
  const answer = recorded === undefined ? byPeers(question) : byRecord(nodeName, leadership, recorded);
  if (answer.may !== 'start' || !isHeld) return answer;
  return {
    may: 'not',
    because: `${answer.because} But its directory is held, and it would come up read only: let Farshore start it, or remove standby.signal when it is sure that no other node leads.`,
    hold: false,
  };
}

function byRecord(nodeName: string, leadership: Leadership, recorded: RecordedLeader): StartAnswer {
  if (recorded === null) return { may: 'start', because: 'No primary of its cluster is on record yet.' };
  const { term, holder } = recorded;
  if (holder === nodeName) return { may: 'start', because: `It holds term ${term}.` };
  // A promotion by the agent's own command line that the controller has not taken note of, or a term that was opened and given back to it.
  if (leads(leadership) && (leadership.termSeen > term || (holder === null && leadership.termSeen === term)))
    return { may: 'start', because: `It took term ${leadership.termSeen}.` };
  if (holder === null) return { may: 'unknown', because: `A change of primary is under way: nobody holds term ${term} yet.` };
  return { may: 'not', because: `${holder} holds term ${term}. Bring ${nodeName} back with a reversion.`, hold: true };
}

function byPeers({ nodeName, timeline, peers }: StartQuestion): StartAnswer {
  if (peers.length === 0) return { may: 'start', because: 'No other node is configured that could have taken over.' };
  const other = peers.find(({ answer }) => answer !== null && (answer.isPrimary || (timeline !== null && answer.timeline > timeline)));
  if (other?.answer != null) {
    const what = other.answer.isPrimary
      ? 'is a primary'
      : `is on timeline ${other.answer.timeline}, after ${timeline ?? 'an unknown one'} here`;
    return {
      may: 'not',
      because: `The controller gives no answer, and ${other.node} ${what}. Bring ${nodeName} back with a reversion.`,
      hold: false,
    };
  }
  const silent = peers.filter(({ answer }) => answer === null).map(({ node }) => node);
  if (silent.length === 0 && timeline !== null)
    return { may: 'start', because: 'The controller gives no answer; every other node is a standby on the same timeline.' };
  const who = silent.length === 0 ? 'the timeline here can’t be read' : `${silent.join(', ')} can’t be asked`;
  return { may: 'unknown', because: `The controller gives no answer, and ${who}: another node may have taken over.` };
}
