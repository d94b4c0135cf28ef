/**
 * POST /v1/journal: an agent's own record of what it performed, reconciled with the controller's. Nothing is refused because it looks
 * wrong: what does not fit is stored as it is and put on the audit log, and a break of the chain opens a finding.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { JOURNAL_GENESIS, JournalBatch, JournalRecord, RESULT_BYTES_MAX } from '../../lib/agent-contract/commands.ts';
import type { JournalAccepted, JournalEntry } from '../../lib/agent-contract/commands.ts';
import { definitionOf, isVerb } from '../../lib/agent-contract/verbs.ts';
import { actorLabel, appendAudit } from '../../lib/audit/append.ts';
import {
  commandsGiven,
  journalHashes,
  journalHead,
  nextEpoch,
  noteBreakGlass,
  noteJournalBreak,
  storeJournal,
} from '../../lib/db/operations/agent-journal.ts';
import type { JournalHead } from '../../lib/db/operations/agent-journal.ts';
import { COMMANDS_KEPT_MS } from '../../lib/db/ground/record-pruning.ts';
import type { JournalBreak } from '../../lib/domain/topology/inputs.ts';
import { inTransaction, type Queryable } from '../../lib/db/ground/pool.ts';
import type { KnownNode } from '../fleet-directory.ts';
import { assertAcceptableHeaders, parseMessage, readBody, type BodyBudget } from './body.ts';
import type { CallerAuthority } from './caller.ts';
import type { InstanceGuard } from './instance-guard.ts';
import { GatewayProblem } from './problem.ts';
import { COMMAND_RATE } from './request-rate.ts';
import type { RouteHandler } from './server.ts';

/** One entry may hold a whole result, escaped once more. */
const JOURNAL_BYTES_MAX = 2 * RESULT_BYTES_MAX + 1024 * 1024;

export interface JournalRoute {
  pool: pg.Pool;
  callers: CallerAuthority;
  instances: InstanceGuard;
  budget: BodyBudget;
  /** Somebody promoted or fenced by hand: leadership is to be looked at. */
  onBreakGlass: (known: KnownNode) => void;
  log: Logger;
}

type Fault = Pick<JournalBreak, 'kind' | 'reason'>;

interface Remark {
  action: 'node.journal-break' | 'node.journal-unknown-command' | 'node.break-glass' | 'node.fenced-itself' | 'node.command-refused';
  actor: string;
  body: Record<string, unknown>;
}

export function journalRoute(options: JournalRoute): RouteHandler {
  const { pool, callers, instances, budget, onBreakGlass, log } = options;
  return async (request, socket): Promise<z.output<typeof JournalAccepted>> => {
    const receivedAtMs = Date.now();
    const { known } = await callers.authorise(socket, receivedAtMs, COMMAND_RATE);
    assertAcceptableHeaders(request, JOURNAL_BYTES_MAX);
    const { text, release } = await readBody(request, JOURNAL_BYTES_MAX, budget);
    try {
      const { instanceId, entries } = parseMessage(text, JournalBatch);
      await instances.assertInstance(known, instanceId, receivedAtMs, receivedAtMs);
      assertOrdered(entries);
      const remarks = await inTransaction(pool, (client) => accept(client, known, entries));
      for (const { action, body } of remarks)
        log.warn({ node: known.node.name, cluster: known.cluster.slug, action, ...body }, 'an agent’s journal needs a look');
      if (remarks.some(({ action }) => action === 'node.break-glass')) onBreakGlass(known);
      return { acceptedThrough: entries.at(-1)?.sequence ?? null, serverTime: new Date().toISOString() };
    } finally {
      release();
    }
  };
}

function assertOrdered(entries: readonly JournalEntry[]): void {
  for (const [index, { sequence }] of entries.entries()) {
    const before = entries[index - 1];
    if (before !== undefined && sequence !== before.sequence + 1)
      throw new GatewayProblem(
        'invalid-message',
        `At entries.${index}.sequence: ${sequence} does not follow ${before.sequence}. Send entries in their order.`,
      );
  }
}

async function accept(client: Queryable, known: KnownNode, entries: readonly JournalEntry[]): Promise<Remark[]> {
  const head = await journalHead(client, known.node.id);
  const { fresh, epoch, fault } = await placeEntries(client, known.node.id, head, entries);
  await storeJournal(client, known.node.id, epoch, fresh);
  const at = new Date();
  const remarks: Remark[] = [];
  if (fault !== null) {
    remarks.push({ action: 'node.journal-break', actor: 'system:controller', body: { ...fault } });
    await noteJournalBreak(client, known.node.id, { ...fault, atMs: at.getTime() });
  }
  remarks.push(...(await remarksAbout(client, known, fresh)));
  // An entry that does not continue the chain witnesses nothing.
  const promoted = fault === null ? fresh.flatMap(promotionByHand).at(-1) : undefined;
  if (promoted !== undefined) await noteBreakGlass(client, known.node.id, { term: promoted, atMs: at.getTime() });
  for (const { action, actor, body } of remarks) {
    const subject = `node:${known.cluster.slug}/${known.node.name}`;
    await appendAudit(client, { at, actor, action, subject, outcome: action === 'node.command-refused' ? 'refused' : 'done', body });
  }
  return remarks;
}

/** Which entries are new, in which epoch they go, and what is wrong with the chain; `null` = nothing. */
async function placeEntries(
  client: Queryable,
  nodeId: number,
  head: JournalHead | null,
  entries: readonly JournalEntry[],
): Promise<{ fresh: readonly JournalEntry[]; epoch: bigint; fault: Fault | null }> {
  const first = entries[0];
  const last = entries.at(-1);
  const epoch = head?.epoch ?? 0n;
  if (first === undefined || last === undefined) return { fresh: [], epoch, fault: null };
  const known = await journalHashes(client, nodeId, epoch, first.sequence, last.sequence);
  const prunedThrough = head?.prunedThrough ?? 0;
  const altered = entries.find(({ sequence, hash }) => known.has(sequence) && known.get(sequence) !== hash);
  // A first entry where the stored one is pruned: an agent keeps its own for less time than that, so it is another journal's.
  const isAnew = first.prevHash === JOURNAL_GENESIS && first.sequence <= prunedThrough;
  if (altered !== undefined || isAnew) {
    // The same numbers with other contents. A journal that begins again is a new installation; anything else is worth a question.
    const fault: Fault =
      altered === undefined || first.prevHash === JOURNAL_GENESIS
        ? { kind: 'anew', reason: 'The journal of this node starts again: its state directory was replaced.' }
        : { kind: 'altered', reason: `Entry ${altered.sequence} is not the one that was received before.` };
    return { fresh: entries, epoch: nextEpoch(head), fault: chainFault(null, entries) ?? fault };
  }
  const fresh = entries.filter(({ sequence }) => !known.has(sequence) && sequence > prunedThrough);
  return { fresh, epoch, fault: chainFault(head, fresh) };
}

/** Why these entries do not continue the chain at `head`; `null` = they do. */
function chainFault(head: JournalHead | null, entries: readonly JournalEntry[]): Fault | null {
  let before: Pick<JournalHead, 'sequence' | 'hash'> | null = head;
  for (const { sequence, text, prevHash, hash } of entries) {
    if (before !== null && sequence !== before.sequence + 1)
      return { kind: 'missing', reason: `Entries are missing: ${sequence} follows ${before.sequence}.` };
    if (before === null ? sequence > 1 || prevHash !== JOURNAL_GENESIS : prevHash !== before.hash)
      return { kind: 'altered', reason: `Entry ${sequence} does not name the hash of the one before it.` };
    if (hash !== createHash('sha256').update(`${prevHash}${text}`, 'utf8').digest('hex'))
      return { kind: 'altered', reason: `Entry ${sequence} was changed: its hash does not fit its text.` };
    before = { sequence, hash };
  }
  return null;
}

/** A command that never came from here, or not for this node: somebody altered it or plays it again. */
const NOT_OURS: ReadonlySet<unknown> = new Set(['signature-invalid', 'not-for-this-node']);

/** Worth a person's attention: acts by hand, a node that stopped itself, work that was not ordered here. */
async function remarksAbout(client: Queryable, known: KnownNode, entries: readonly JournalEntry[]): Promise<Remark[]> {
  const records = entries.flatMap(({ sequence, text }) => {
    const parsed = JournalRecord.safeParse(readJson(text));
    return parsed.success ? [{ sequence, ...parsed.data }] : [];
  });
  const ordered = records.filter(({ by, command }) => by === 'controller' && command !== null);
  const given = await commandsGiven(
    client,
    known.node.id,
    ordered.flatMap(({ command }) => command ?? []),
  );
  return records.flatMap((record): Remark[] => {
    const { sequence, kind, by, verb, term, note, command, at } = record;
    const body = { sequence, at, verb, term, note };
    if (kind === 'break-glass') return [{ action: 'node.break-glass', actor: localActor(by), body: { ...body, by } }];
    if (kind === 'fenced' && by === 'agent') return [{ action: 'node.fenced-itself', actor: 'system:agent', body }];
    if (kind === 'refused' && NOT_OURS.has(refusalCodeOf(record.detail)))
      return [{ action: 'node.command-refused', actor: 'system:agent', body }];
    // Of what is older than that nobody knows any more whether it was given.
    const isJudged = Date.parse(at) > Date.now() - COMMANDS_KEPT_MS;
    const unknown = kind === 'started' && by === 'controller' && command !== null && isJudged && !given.has(command);
    return unknown
      ? [
          {
            action: 'node.journal-unknown-command',
            actor: actorLabel({ kind: 'system', process: 'controller' }),
            body: { ...body, command },
          },
        ]
      : [];
  });
}

/** The term of a promotion that somebody made on the host. */
function promotionByHand({ text }: JournalEntry): number[] {
  const { success, data } = JournalRecord.safeParse(readJson(text));
  if (!success || data.kind !== 'break-glass' || data.verb === null || data.term === null) return [];
  return isVerb(data.verb) && definitionOf(data.verb).leadership.allowed === 'new-leader' ? [data.term] : [];
}

/** Somebody on the host, as the agent says. It can't speak for a person who signs in here. */
const localActor = (by: string): string => (by.startsWith('local:') ? by : 'system:agent');

/** Of a refusal: beside what little is known of an unsigned command, or in the result that was answered. */
function refusalCodeOf(detail: unknown): unknown {
  const { code, result } = (detail ?? {}) as { code?: unknown; result?: { code?: unknown } };
  return code ?? result?.code;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
