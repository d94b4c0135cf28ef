/**
 * Decides whether a signed command may be performed. Pure, so that the simulator drives exactly this code. A command that was accepted
 * before is never performed again, even if it expired or the term changed since: its stored result is returned.
 */
import { CLOCK_ALLOWANCE_MS, CommandEnvelope, ENVELOPE_LIFE_MAX_MS, EnvelopeHead } from '../../lib/agent-contract/commands.ts';
import type { z } from 'zod';
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import { definitionOf, isVerb } from '../../lib/agent-contract/verbs.ts';
import type { Lane } from '../../lib/agent-contract/verbs/verb.ts';
import { whyNotPerform } from '../authority/rules.ts';
import type { Leadership } from '../authority/rules.ts';
import { AGENT_VERSION } from '../version.ts';

export type RefusalCode = Extract<CommandResult, { status: 'refused' }>['code'];

export interface AdmissionState {
  /** Uuid of this node's identity, and its names. */
  node: string;
  nodeName: string;
  cluster: string;
  leadership: Leadership;
  /** Why this agent performs nothing, as a sentence (no [control] section, no key); `null` = it may. */
  notConfigured: string | null;
  /** Why the journal can't be written; `null` = it can. */
  journalBroken: string | null;
  /** The journal's record of a command with this key. */
  known: (envelope: CommandEnvelope) => { command: string; verb: string | null; sameArgs: boolean; underWay: boolean } | null;
  nonceSeen: (nonce: string) => boolean;
  /** When the newest command that was taken up here in the same lane was issued, by the controller's clock; `null` = none was. */
  newestIssuedAt: string | null;
}

export interface AdmissionClock {
  /** How long it has waited here since it came, and how much of its life the controller said was left then; `null` = it did not say. */
  waitedMs: number;
  leftMs: number | null;
  nowMs: number;
  /** Controller's clock minus this one; `null` = unknown. */
  offsetMs: number | null;
}

export type Admission =
  | { verdict: 'perform'; envelope: CommandEnvelope }
  /** Taken up before: answer with the result that is stored. */
  | { verdict: 'repeat'; envelope: CommandEnvelope }
  | { verdict: 'under-way'; envelope: CommandEnvelope }
  /** `head` is `null` when nothing could be read of it: then nobody can be answered. `envelope` is `null` when it is not understood. */
  | { verdict: 'refuse'; head: EnvelopeHead | null; envelope: CommandEnvelope | null; code: RefusalCode; reason: string };

/** The envelope in a payload; `null` when it isn't one that this agent understands. */
export const readEnvelope = (payload: string): CommandEnvelope | null => readAs(CommandEnvelope, payload);

/** Whom to answer, also for a command of another version; `null` when not even that can be read. */
export const readHead = (payload: string): EnvelopeHead | null => readAs(EnvelopeHead, payload);

function readAs<S extends typeof CommandEnvelope | typeof EnvelopeHead>(schema: S, payload: string): z.infer<S> | null {
  try {
    return (schema.safeParse(JSON.parse(payload)).data ?? null) as z.infer<S> | null;
  } catch {
    return null;
  }
}

/** Why an envelope with this head is not understood, and what to do. Its verb is of another version, or something else in it is. */
function whyNotUnderstood(head: EnvelopeHead | null): string {
  if (head === null) return 'This agent does not understand the command. Bring agent and controller to the same version.';
  const what = isVerb(head.verb) ? `a command ${head.verb} of this form` : head.verb;
  return `This agent (version ${AGENT_VERSION}) does not know ${what}: update the agent of ${head.nodeName}.`;
}

/**
 * Judges one received command.
 * @param signatureOk whether the signature is the controller's over exactly this payload.
 */
export function admit(payload: string, signatureOk: boolean, state: AdmissionState, clock: AdmissionClock): Admission {
  const envelope = readEnvelope(payload);
  const head = envelope ?? readHead(payload);
  const refuse = (code: RefusalCode, reason: string): Admission => ({ verdict: 'refuse', head, envelope, code, reason });
  if (state.notConfigured !== null) return refuse('not-configured', state.notConfigured);
  if (!signatureOk) {
    return refuse(
      'signature-invalid',
      'The signature is not by the key that this agent was given when it joined. If the controller has a new key, join again; else somebody altered the command.',
    );
  }
  if (envelope === null) return refuse('not-understood', whyNotUnderstood(head));
  const definition = definitionOf(envelope.verb);
  if (!definition.args.safeParse(envelope.args).success) return refuse('not-understood', whyNotUnderstood(head));
  if (envelope.node !== state.node || envelope.cluster !== state.cluster || envelope.nodeName !== state.nodeName) {
    return refuse(
      'not-for-this-node',
      `The command is for ${envelope.nodeName} of ${envelope.cluster}; this is ${state.nodeName} of ${state.cluster}.`,
    );
  }
  const known = state.known(envelope);
  if (known !== null) {
    if (known.verb !== envelope.verb || !known.sameArgs) {
      return refuse(
        'not-understood',
        `Step ${envelope.step}, attempt ${envelope.attempt}, was another command (${known.verb ?? 'refused'}) before.`,
      );
    }
    return { verdict: known.underWay ? 'under-way' : 'repeat', envelope };
  }
  if (state.nonceSeen(envelope.nonce)) return refuse('not-understood', 'The nonce was used before, by another command.');
  // The controller gives one node one command after the other. What was issued before something that is taken up already was given up
  // by it, and comes late or is played again by somebody: it must not undo what came after.
  const late = (definition.lane === 'look' ? null : whyOvertaken(envelope, definition.lane, state)) ?? whyExpired(envelope, clock);
  if (late !== null) return refuse('expired', late);
  if (envelope.term < state.leadership.termSeen) {
    return refuse(
      'term-too-low',
      `The command is of term ${envelope.term}; ${state.nodeName} has seen term ${state.leadership.termSeen}${state.leadership.holder === null ? '' : `, which belongs to ${state.leadership.holder}`}. Look at the cluster again and make a new plan.`,
    );
  }
  const forbidden = whyNotPerform(state.leadership, envelope, state.nodeName);
  if (forbidden !== null) return refuse(forbidden.code, forbidden.reason);
  if (state.journalBroken !== null && definition.journal === 'required') return refuse('journal-unwritable', state.journalBroken);
  return { verdict: 'perform', envelope };
}

/** Order is told by number; only a controller of an earlier release gives none, and then by when it was issued. */
function whyOvertaken({ order, issuedAt }: CommandEnvelope, lane: Lane, { leadership, newestIssuedAt }: AdmissionState): string | null {
  const again = 'Its step is tried again if it is still wanted.';
  if (order !== undefined) {
    const seen = leadership.ordersSeen[lane] ?? 0;
    return order > seen ? null : `It is number ${order} of this node, and number ${seen} was taken up already. ${again}`;
  }
  return newestIssuedAt !== null && issuedAt < newestIssuedAt
    ? `It was issued at ${issuedAt}, before a command that was taken up already. ${again}`
    : null;
}

/**
 * With a number: by how long it has waited here, whatever any wall clock says; how long it was on its way the controller takes off what is
 * left. Without: by the controller's clock, as well as it is known here.
 */
function whyExpired(envelope: CommandEnvelope, { nowMs, offsetMs, waitedMs, leftMs }: AdmissionClock): string | null {
  const issuedAtMs = Date.parse(envelope.issuedAt);
  const expiresAtMs = Date.parse(envelope.expiresAt);
  const lifeMs = expiresAtMs - issuedAtMs;
  if (!(lifeMs <= ENVELOPE_LIFE_MAX_MS))
    return `The command would be valid for ${Math.round(lifeMs / 60_000)} min; ${ENVELOPE_LIFE_MAX_MS / 60_000} are allowed. Bring agent and controller to the same version.`;
  if (envelope.order !== undefined) {
    const validMs = Math.min(lifeMs, leftMs ?? lifeMs);
    return waitedMs <= validMs ? null : `The command was valid for ${seconds(validMs)} s and has waited here for ${seconds(waitedMs)} s.`;
  }
  const atMs = nowMs + (offsetMs ?? 0);
  const advice =
    offsetMs === null
      ? "This agent does not know how far its clock is from the controller's yet: set the clock of this host (timedatectl set-ntp true), then try again."
      : 'Try again.';
  if (atMs > expiresAtMs + CLOCK_ALLOWANCE_MS) return `The command expired ${seconds(atMs - expiresAtMs)} s ago. ${advice}`;
  if (atMs < issuedAtMs - CLOCK_ALLOWANCE_MS) return `The command was issued ${seconds(issuedAtMs - atMs)} s in the future. ${advice}`;
  return null;
}

const seconds = (ms: number): number => Math.round(ms / 1000);
