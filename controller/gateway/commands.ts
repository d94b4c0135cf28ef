/** Serves the routes by which an agent gets its commands and posts results (lib/agent-contract/commands.ts). */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type pg from 'pg';
import type { Logger } from 'pino';
import { z } from 'zod';
import { CommandProgress, HAVE_MAX, POLL_WAIT_MAX_MS, RESULT_BYTES_MAX, ResultMessage } from '../../lib/agent-contract/commands.ts';
import type { Accepted, CommandResult, CommandsAnswer } from '../../lib/agent-contract/commands.ts';
import { definitionOf, isVerb } from '../../lib/agent-contract/verbs.ts';
import { findCommand, noteDelivered, resolveCommand, storeProgress, waitingCommands } from '../../lib/db/operations/agent-commands.ts';
import type { WaitingCommand } from '../../lib/db/operations/agent-commands.ts';
import type { KnownNode } from '../fleet-directory.ts';
import { assertAcceptableHeaders, parseMessage, printable, readBody, type BodyBudget } from './body.ts';
import type { CallerAuthority } from './caller.ts';
import type { CommandMailbox } from './command-mailbox.ts';
import type { InstanceGuard } from './instance-guard.ts';
import { GatewayProblem } from './problem.ts';
import { COMMAND_RATE } from './request-rate.ts';
import type { RouteHandler } from './server.ts';

const PROGRESS_BYTES_MAX = 8 * 1024;
/** As many as one answer holds; the others follow when these are done. */
const COMMANDS_PER_ANSWER_MAX = 16;

export interface CommandRoutes {
  pool: pg.Pool;
  callers: CallerAuthority;
  instances: InstanceGuard;
  mailbox: CommandMailbox;
  budget: BodyBudget;
  log: Logger;
}

const PollQuery = z.object({
  wait: z.coerce.number().int().min(0).default(0),
  instance: z.uuid(),
  have: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((id) => id !== ''))
    .pipe(z.array(z.uuid()).max(HAVE_MAX)),
  /** `1`: look without taking; nothing is noted as delivered. */
  peek: z.enum(['0', '1']).default('0'),
});

/** GET /v1/commands: answered at once when there is something to do, else held for up to `wait` milliseconds. */
export function pollRoute({ pool, callers, instances, mailbox, log }: CommandRoutes): RouteHandler {
  return async (request, socket): Promise<CommandsAnswer> => {
    const nowMs = Date.now();
    const { known } = await callers.authorise(socket, nowMs, COMMAND_RATE);
    const query = readQuery(request);
    await instances.assertInstance(known, query.instance, nowMs, nowMs);
    const commands = await commandsFor(known, query, { pool, mailbox, socket });
    if (commands.length > 0 && query.peek === '0') {
      const ids = commands.map(({ id }) => id);
      noteDelivered(pool, ids, new Date()).catch((error: unknown) => log.debug({ err: error }, 'a delivery could not be noted'));
    }
    const observeForMs = query.peek === '0' ? mailbox.takeObserving(known.node.id) : null;
    const observing = observeForMs === null ? {} : { observeForMs };
    return {
      ...observing,
      commands: commands.map(({ payload, signature, leftMs }) => ({ payload, signature, leftMs })),
      serverTime: new Date().toISOString(),
    };
  };
}

async function commandsFor(
  { node }: KnownNode,
  { wait, have }: z.output<typeof PollQuery>,
  { pool, mailbox, socket }: Pick<CommandRoutes, 'pool' | 'mailbox'> & { socket: TLSSocket },
): Promise<readonly WaitingCommand[]> {
  const untilMs = performance.now() + Math.min(wait, POLL_WAIT_MAX_MS);
  for (;;) {
    // Held before it looks, so that nothing committed in between is missed.
    const { woken, leave } = mailbox.hold(node.id, have, Math.max(0, untilMs - performance.now()));
    socket.once('close', leave);
    try {
      const waiting = await waitingCommands(pool, node.id, have, COMMANDS_PER_ANSWER_MAX);
      if (waiting.length > 0) return waiting;
      const wake = await woken;
      if (wake.kind === 'commands') return wake.commands;
      if (wake.kind === 'nothing') return [];
      if (wake.kind === 'closing')
        throw new GatewayProblem('unavailable', 'This controller stops. Ask again in a moment.', { retryAfterSeconds: 1 });
    } finally {
      leave();
      socket.off('close', leave);
    }
  }
}

function readQuery(request: IncomingMessage): z.output<typeof PollQuery> {
  const search = new URLSearchParams((request.url ?? '').split('?', 2)[1] ?? '');
  const parsed = PollQuery.safeParse(Object.fromEntries(search));
  if (parsed.success) return parsed.data;
  const names = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))].join(', ');
  throw new GatewayProblem('invalid-message', `The query of GET /v1/commands is not understood at: ${names}.`);
}

/** POST /v1/commands/:id/progress. What comes after the result is passed over. */
export function progressRoute({ pool, callers, mailbox, budget }: CommandRoutes): RouteHandler {
  return async (request, socket, id): Promise<z.output<typeof Accepted>> => {
    const { known } = await callers.authorise(socket, Date.now(), COMMAND_RATE);
    assertOwn(mailbox.expected(id) ?? (await findOwn(pool, id)), known, id);
    const progress = await readMessage(request, CommandProgress, PROGRESS_BYTES_MAX, budget);
    await storeProgress(pool, id, progress);
    return { serverTime: new Date().toISOString() };
  };
}

/** POST /v1/commands/:id/result: answered when the result is durable. The first one stands, so that sending it again is harmless. */
export function resultRoute({ pool, callers, instances, mailbox, budget, log }: CommandRoutes): RouteHandler {
  return async (request, socket, id): Promise<z.output<typeof Accepted>> => {
    const receivedAtMs = Date.now();
    const { known } = await callers.authorise(socket, receivedAtMs, COMMAND_RATE);
    const message = await readMessage(request, ResultMessage, RESULT_BYTES_MAX, budget);
    await instances.assertInstance(known, message.instanceId, receivedAtMs, receivedAtMs);
    const expected = mailbox.expected(id);
    const command = expected ?? (await findOwn(pool, id));
    assertOwn(command, known, id);
    if (command.operation !== message.operation || command.step !== message.step || command.attempt !== message.attempt) {
      throw new GatewayProblem('invalid-message', `The result names another step than the command ${id} was for. It is not stored.`);
    }
    assertEvidence(command.verb, message.result);
    const stored = await (expected?.take(message.result) ?? resolveCommand(pool, id, message.result));
    if (!stored) log.debug({ command: id, node: known.node.name }, 'a result came for a command that has one already');
    return { serverTime: new Date().toISOString() };
  };
}

/** Evidence of another shape would be believed by nobody later: it is refused where the one who sent it reads why. */
function assertEvidence(verb: string, result: CommandResult): void {
  if (result.status !== 'done') return;
  if (!isVerb(verb))
    throw new GatewayProblem('invalid-message', `This controller does not know ${printable(verb)}; a newer one asked for it.`);
  const parsed = definitionOf(verb).evidence.safeParse(result.evidence);
  if (parsed.success) return;
  const where = parsed.error.issues[0]?.path.map(String).join('.') || 'the whole';
  const detail = `The evidence of ${verb} is not of its shape, at ${printable(where)}. Agent and controller may be of different versions.`;
  throw new GatewayProblem('invalid-message', detail);
}

const findOwn = (pool: pg.Pool, id: string) => (z.uuid().safeParse(id).success ? findCommand(pool, id) : Promise.resolve(null));

/** The same words for another node's command as for none: who asks learns nothing about it. */
function assertOwn<T extends { nodeId: number }>(command: T | null, { node }: KnownNode, id: string): asserts command is T {
  if (command !== null && command.nodeId === node.id) return;
  const detail = `There is no command ${printable(id)} for ${node.name}. The database may be older than it; forget it.`;
  throw new GatewayProblem('not-found', detail);
}

async function readMessage<S extends z.ZodType>(
  request: IncomingMessage,
  schema: S,
  bytesMax: number,
  budget: BodyBudget,
): Promise<z.output<S>> {
  assertAcceptableHeaders(request, bytesMax);
  const { text, release } = await readBody(request, bytesMax, budget);
  try {
    return parseMessage(text, schema);
  } finally {
    release();
  }
}
