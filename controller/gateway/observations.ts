/** POST /v1/observations: samples of one node, answered when they are durable. */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { BATCH_BYTES_MAX, ObservationBatch, type BatchAccepted } from '../../lib/agent-contract/messages.ts';
import type { Intake } from '../collection/intake.ts';
import { assertAcceptableHeaders, parseMessage, readBody, type BodyBudget } from './body.ts';
import type { CallerAuthority } from './caller.ts';
import type { InstanceGuard } from './instance-guard.ts';
import { GatewayProblem } from './problem.ts';
import type { RouteHandler } from './server.ts';

export interface ObservationRoute {
  callers: CallerAuthority;
  intake: Intake;
  budget: BodyBudget;
  instances: InstanceGuard;
}

/** The handler; an agent has one request in flight at a time, and a second one is told to wait. */
export function observationsRoute(options: ObservationRoute): RouteHandler {
  const busy = new Set<number>();
  return async (request: IncomingMessage, socket: TLSSocket): Promise<BatchAccepted> => {
    const receivedAtMs = Date.now();
    const { known } = await options.callers.authorise(socket, receivedAtMs);
    if (busy.has(known.node.id)) {
      throw new GatewayProblem('too-many-requests', 'An earlier message of this node is still being stored. Send one at a time.', {
        retryAfterSeconds: 1,
      });
    }
    busy.add(known.node.id);
    try {
      assertAcceptableHeaders(request, BATCH_BYTES_MAX);
      const message = await readMessage(request, options.budget);
      assertGrowing(message);
      await options.instances.assertInstance(known, message.instanceId, Date.parse(message.sentAt), receivedAtMs);
      const acceptedThrough = await options.intake.accept(known, message, receivedAtMs);
      // Half way between arrival and answer: an agent that compares it with the middle of its own wait is not misled by ours.
      const serverTimeMs = (receivedAtMs + Date.now()) / 2;
      return { acceptedThrough, serverTime: new Date(serverTimeMs).toISOString() };
    } finally {
      busy.delete(known.node.id);
    }
  };
}

async function readMessage(request: IncomingMessage, budget: BodyBudget): Promise<ObservationBatch> {
  const { text, release } = await readBody(request, BATCH_BYTES_MAX, budget);
  try {
    return parseMessage(text, ObservationBatch);
  } finally {
    release();
  }
}

/** An agent forgets by sequence: all samples before an accepted one must be stored. */
function assertGrowing(message: ObservationBatch): void {
  let last = -1;
  for (const [index, { sequence }] of message.samples.entries()) {
    if (sequence <= last) {
      throw new GatewayProblem(
        'invalid-message',
        `At samples.${index}.sequence: ${sequence} does not come after ${last}. Send samples oldest first.`,
      );
    }
    last = sequence;
  }
}
