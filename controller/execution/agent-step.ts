/** From a step that an agent performs to its signed envelope, and from the agent's result to what the machine is told. */
import { randomBytes, randomUUID } from 'node:crypto';
import { ENVELOPE_LIFE_MAX_MS } from '../../lib/agent-contract/commands.ts';
import type { CommandEnvelope, CommandResult } from '../../lib/agent-contract/commands.ts';
import { definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { NewCommand } from '../../lib/db/operations/agent-commands.ts';
import type { FleetNode } from '../../lib/db/fleet/fleet.ts';
import type { CommandSigner } from '../pki/command-signer.ts';
import { failed } from './step-outcome.ts';
import type { StepOutcome } from './step-outcome.ts';

/** Beyond the deadline of its work, so that an envelope handed out late is not refused for its age alone. */
const EXPIRY_MARGIN_MS = 5_000;
const NONCE_BYTES = 18;

export interface CommandOrder {
  cluster: string;
  node: Pick<FleetNode, 'id' | 'uuid' | 'name'>;
  operation: string | null;
  /** Id of the step, `undo:` before it when it is taken back. */
  step: string;
  attempt: number;
  verb: Verb;
  args: unknown;
  term: number;
  deadlineMs: number;
}

/** Signs an order at `nowMs`. Throws a TypeError when the arguments are not of the verb's shape: then the plan is wrong. */
export function makeCommand(order: CommandOrder, signer: CommandSigner, nowMs: number): NewCommand {
  const { cluster, node, operation, step, attempt, verb, term, deadlineMs } = order;
  const args = definitionOf(verb).args.safeParse(order.args);
  if (!args.success) {
    throw new TypeError(
      `The arguments of ${verb} for ${node.name} are not of its shape, at ${args.error.issues[0]?.path.join('.') || 'the whole'}.`,
    );
  }
  const issuedAt = new Date(nowMs).toISOString();
  const expiresAt = new Date(nowMs + Math.min(deadlineMs + EXPIRY_MARGIN_MS, ENVELOPE_LIFE_MAX_MS)).toISOString();
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
    payload,
    signature: signer.sign(payload),
    issuedAt,
    expiresAt,
  };
}

/** What a command is resolved with when nobody waits for it any more: it is never handed out again. */
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
