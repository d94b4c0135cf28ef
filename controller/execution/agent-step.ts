/** From a step that an agent performs to its signed envelope, and from the agent's result to what the machine is told. */
import { randomBytes, randomUUID } from 'node:crypto';
import { ENVELOPE_LIFE_MAX_MS } from '../../lib/agent-contract/commands.ts';
import type { CommandEnvelope, CommandResult } from '../../lib/agent-contract/commands.ts';
import { stopwatch, type Stopwatch } from '../../lib/agent-contract/stopwatch.ts';
import { definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { NewCommand, WaitingCommand } from '../../lib/db/operations/agent-commands.ts';
import type { FleetNode } from '../../lib/db/fleet/fleet.ts';
import type { CommandSigner } from '../pki/command-signer.ts';
import type { Stamp } from './command-stamps.ts';
import { failed } from './step-outcome.ts';
import type { StepOutcome } from './step-outcome.ts';

/** Beyond the deadline of its work, so that an envelope handed out late is not refused for its age alone. */
const EXPIRY_MARGIN_MS = 5_000;
const NONCE_BYTES = 18;
/** Before the step of the command that a command ends. */
export const CANCEL_STEP = 'cancel:';
export const CANCEL_DEADLINE_MS = 10_000;

export interface CommandOrder {
  cluster: string;
  node: Pick<FleetNode, 'id' | 'uuid' | 'name'>;
  operation: string | null;
  /** Id of the step, `undo:` before it when it is rolled back. */
  step: string;
  attempt: number;
  verb: Verb;
  args: unknown;
  term: number;
  deadlineMs: number;
}

/** A command as it is stored, and how long it lives from now. */
export interface SignedOrder extends NewCommand {
  lifeMs: number;
  signedAt: Stopwatch;
}

/** Signs an order. Throws a TypeError when the arguments are not of the verb's shape: then the plan is wrong. */
export function makeCommand(order: CommandOrder, signer: CommandSigner, stamp: Stamp): SignedOrder {
  const { cluster, node, operation, step, attempt, verb, term, deadlineMs } = order;
  const args = definitionOf(verb).args.safeParse(order.args);
  if (!args.success) {
    throw new TypeError(
      `The arguments of ${verb} for ${node.name} are not of its shape, at ${args.error.issues[0]?.path.join('.') || 'the whole'}.`,
    );
  }
  const lifeMs = Math.min(deadlineMs + EXPIRY_MARGIN_MS, ENVELOPE_LIFE_MAX_MS);
  const issuedAt = new Date(stamp.issuedAtMs).toISOString();
  const expiresAt = new Date(stamp.issuedAtMs + lifeMs).toISOString();
  const envelope: CommandEnvelope = {
    envelopeVersion: 1,
    id: randomUUID(),
    operation,
    step,
    attempt,
    node: node.uuid,
    nodeName: node.name,
    cluster,
    verb,
    args: args.data,
    term,
    nonce: randomBytes(NONCE_BYTES).toString('base64url'),
    ...(stamp.order === null ? {} : { order: stamp.order }),
    issuedAt,
    expiresAt,
    deadlineMs,
  };
  const payload = JSON.stringify(envelope);
  return {
    id: envelope.id,
    operation,
    step,
    attempt,
    nodeId: node.id,
    verb,
    term,
    order: stamp.order,
    payload,
    signature: signer.sign(payload),
    issuedAt,
    expiresAt,
    lifeMs,
    signedAt: stopwatch(),
  };
}

/** `null` = it has taken too long: no agent may begin it any more. */
export function toHand({ id, payload, signature, lifeMs, signedAt }: SignedOrder): WaitingCommand | null {
  const leftMs = Math.floor(lifeMs - signedAt());
  return leftMs > 0 ? { id, payload, signature, leftMs } : null;
}

/** The result of a command that no longer has a waiting operation: it is never handed out again. */
export const revoked = (reason: string): CommandResult => ({ status: 'failed', code: 'deadline', reason, changed: null, tookMs: 0 });

/** The result in the machine's words. */
export function outcomeOf(result: CommandResult): StepOutcome {
  switch (result.status) {
    case 'done':
      return { status: 'done', evidence: result.evidence };
    case 'refused':
      return failed('no-effect', result.code, result.reason);
    case 'failed':
      return failed(result.changed === null ? 'unknown' : result.changed ? 'partial' : 'no-effect', result.code, result.reason);
  }
}
