/**
 * Decides what a node may be under which term. Pure: the agent, the guard, the health port and the simulator all use these functions.
 *
 * The rule behind all of them: a node may be writable only as leader under the highest term that it has ever heard of. A claim is noted
 * before PostgreSQL is promoted or started, and a fence before it is stopped, so that a crash in between leaves the safe half.
 */
import { definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { Lane } from '../../lib/agent-contract/verbs/verb.ts';

/** Leadership as kept on the agent's disk: the fields of the contract's Authority, and the holder of `termSeen`. */
export interface Leadership {
  /** The cluster that these terms belong to; `null` before the agent has joined one. */
  cluster: string | null;
  termSeen: number;
  /** Of each lane but that of looks, the highest number of a command that was taken up. */
  ordersSeen: Readonly<Partial<Record<Lane, number>>>;
  /** Holder of `termSeen`, as far as this node was told. */
  holder: string | null;
  role: 'unclaimed' | 'leader' | 'follower' | 'fenced';
  /** The term under which this node last led; kept until it has become a standby, because it tells a former leader from a clean standby. */
  leaderTerm: number | null;
  fenced: { at: string; reason: string } | null;
  unusable: { since: string; reason: string } | null;
}

export const UNCLAIMED: Leadership = {
  cluster: null,
  termSeen: 0,
  ordersSeen: {},
  holder: null,
  role: 'unclaimed',
  leaderTerm: null,
  fenced: null,
  unusable: null,
};

/** Terms of another cluster mean nothing here: a node that joins a new one begins again. The mark on the directory stays. */
export function inCluster(state: Leadership, cluster: string): Leadership {
  if (state.cluster === cluster) return state;
  return state.cluster === null ? { ...state, cluster } : { ...UNCLAIMED, cluster, unusable: state.unusable };
}

/** Takes note of a higher term, whose holder is unknown yet. A leader of a lower one is no leader any more from here. */
export const raiseTerm = (state: Leadership, term: number): Leadership =>
  term > state.termSeen ? { ...state, termSeen: term, holder: null } : state;

/** Takes note of the number of a command that is taken up: what comes later with a lower one was given up, or is played again. */
export const raiseOrder = (state: Leadership, lane: Lane, order: number | undefined): Leadership =>
  lane !== 'look' && order !== undefined && order > (state.ordersSeen[lane] ?? 0)
    ? { ...state, ordersSeen: { ...state.ordersSeen, [lane]: order } }
    : state;

/** The highest number of all that was taken up. */
export const highestOrder = ({ ordersSeen }: Leadership): number => Math.max(0, ...Object.values(ordersSeen));

/** Leads under the highest term known. */
export const leads = (state: Leadership): boolean => state.role === 'leader' && state.leaderTerm === state.termSeen;

/** Why the node must not be writable, as a sentence; `null` = nothing is known against it. A clean follower is judged by the controller. */
export function whyNotWritable(state: Leadership): string | null {
  if (state.role === 'unclaimed' || leads(state)) return null;
  if (state.role === 'fenced') return `This node is fenced: ${state.fenced?.reason ?? 'no reason was kept'}`;
  if (state.leaderTerm === null) return null;
  return state.leaderTerm < state.termSeen
    ? `This node led under term ${state.leaderTerm}; the term is now ${state.termSeen}.`
    : `Term ${state.termSeen} belongs to ${state.holder ?? 'another node'}.`;
}

/** Why a load balancer must not send writers here; `null` = leadership is current, or was never noted. */
export function whyNotPrimary(state: Leadership): string | null {
  if (state.unusable !== null) return `The data directory must not be used: ${state.unusable.reason}`;
  if (state.role === 'unclaimed' || leads(state)) return null;
  return whyNotWritable(state) ?? `Under term ${state.termSeen} this node is a follower.`;
}

const claim = (state: Leadership, term: number, nodeName: string): Leadership => ({
  ...state,
  termSeen: term,
  holder: nodeName,
  role: 'leader',
  leaderTerm: term,
  fenced: null,
});

const resign = (state: Leadership, holder: string): Leadership => ({
  ...state,
  holder,
  // Fenced stays fenced until it is reverted; a former leader keeps its term, so that the guard knows it.
  role: state.role === 'fenced' ? 'fenced' : 'follower',
});

export const fence = (state: Leadership, at: string, reason: string): Leadership => ({ ...state, role: 'fenced', fenced: { at, reason } });

/** It is a standby now, by what was read back: nothing of an earlier leadership is left. */
export const becomeStandby = (state: Leadership): Leadership => ({ ...state, role: 'follower', leaderTerm: null, fenced: null });

interface Command {
  verb: Verb;
  args: unknown;
  term: number;
}

/** Must be durable before the effect of an admitted command leaves. `reason`: of a fence, as a sentence. */
export function beforeEffect(state: Leadership, { verb, args, term }: Command, nodeName: string, at: string, reason?: string): Leadership {
  const raised = raiseTerm(state, term);
  switch (definitionOf(verb).leadership.before) {
    case 'term-only':
      return raised;
    case 'named-holder': {
      const { holder } = args as { holder: string };
      return holder === nodeName ? claim(raised, term, nodeName) : resign(raised, holder);
    }
    case 'claims':
      return claim(raised, term, nodeName);
    case 'claims-unless-told':
      // Whom the controller asks to stop as primary leads; an agent that was never told learns it here.
      return raised.role === 'unclaimed' ? claim(raised, term, nodeName) : raised;
    case 'fenced':
      return fence(raised, at, reason ?? `The controller had it stopped under term ${term}.`);
  }
}

/** The server as seen when a command was done. */
export interface SeenAfter {
  /** As the evidence says; `null` = it does not say. */
  inRecovery: boolean | null;
  /** The last sample shows a standby that streams. */
  streaming: boolean;
}

/** The leadership after a command was done. */
export function afterEffect(state: Leadership, { verb, term }: Omit<Command, 'args'>, seen: SeenAfter, at: string): Leadership {
  switch (definitionOf(verb).leadership.after) {
    case 'unchanged':
      return state;
    case 'handed-over':
      return fence(state, at, `It was stopped under term ${term}, so that another node can take over.`);
    case 'standby-if-in-recovery':
      return seen.inRecovery === true ? becomeStandby(state) : state;
    case 'standby-if-streaming':
      return seen.streaming && !leads(state) ? becomeStandby(state) : state;
  }
}

export interface Refusal {
  code: 'not-the-holder' | 'directory-unusable' | 'precondition-failed';
  reason: string;
}

/** Why leadership forbids a command whose term is not too low; `null` = it doesn't. */
export function whyNotPerform(state: Leadership, { verb, term }: Omit<Command, 'args'>, nodeName: string): Refusal | null {
  const { allowed } = definitionOf(verb).leadership;
  if (allowed === 'always') return null;
  if (state.unusable !== null) {
    return {
      code: 'directory-unusable',
      reason: `The data directory of ${nodeName} must not be started: ${state.unusable.reason} Rewind, restore or re-clone it first.`,
    };
  }
  if (allowed === 'usable-directory') return null;
  if (allowed === 'as-it-was') {
    const reason = whyNotWritable(state);
    return reason === null ? null : { code: 'precondition-failed', reason: `${reason} Revert the node instead of restarting it.` };
  }
  if (term === state.termSeen && state.holder !== null && state.holder !== nodeName) {
    return { code: 'not-the-holder', reason: `Term ${term} belongs to ${state.holder}. ${nodeName} needs a term of its own.` };
  }
  if (allowed === 'new-leader' && state.role === 'fenced') {
    return { code: 'precondition-failed', reason: `${whyNotWritable(state)} Revert it to a standby first.` };
  }
  if (allowed === 'former-leader' && state.role === 'follower' && state.leaderTerm === null) {
    return { code: 'not-the-holder', reason: `${nodeName} is a standby and has not led; start it as standby, or promote it.` };
  }
  return null;
}
