/**
 * Keeps agents and the leadership record of one mind while no operation runs: tells them term and holder, notes what they prove, adopts
 * what somebody did with the agent's own command line, and has a node stopped that takes writes beside the holder.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Authority } from '../../lib/agent-contract/commands.ts';
import type { Observation } from '../../lib/agent-contract/observation.ts';
import { appendAudit } from '../../lib/audit/append.ts';
import { findCommand, insertCommands, resolveCommand, unrecordedFences } from '../../lib/db/operations/agent-commands.ts';
import type { FleetCluster, FleetNode } from '../../lib/db/fleet/fleet.ts';
import { isLeadershipMoving } from '../../lib/db/operations/operations.ts';
import { inTransaction } from '../../lib/db/ground/pool.ts';
import { TERMS_AHEAD_MAX, witnessedTerm } from '../../lib/domain/leadership/proven-term.ts';
import type { LeadershipRecord, LeadershipStore, VersionedLeadership } from '../../lib/domain/leadership/store.ts';
import { isStreamedFrom, judgePromotions } from '../../lib/domain/leadership/witnesses.ts';
import type { Verdict, WitnessNode } from '../../lib/domain/leadership/witnesses.ts';
import { isYoungerThan } from '../../lib/domain/time/age.ts';
import type { LiveState } from '../collection/live-state.ts';
import type { CommandMailbox } from '../gateway/command-mailbox.ts';
import type { CommandSigner } from '../pki/command-signer.ts';
import { makeCommand, revoked, toHand, type CommandOrder, type SignedOrder } from './agent-step.ts';
import type { CommandStamps } from './command-stamps.ts';
import type { Executor } from './executor.ts';

/** A node counts as seen within this. */
const SEEN_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
/** An order that was not followed is not repeated before. */
const NOTE_AGAIN_MS = 10_000;
const FENCE_AGAIN_MS = 15_000;
const NOTE_DEADLINE_MS = 8_000;
const FENCE_DEADLINE_MS = 10_000;
const FENCE_STEP = 'steward:fence';
const NO_ANSWER = 'No answer came in time. Whether the node was stopped shows in what is observed of it.';
/** An agent that lies about a term again and again must not have all others told each second. */
const RAISE_AGAIN_MS = 60_000;

export interface StewardOptions {
  pool: pg.Pool;
  live: LiveState;
  mailbox: CommandMailbox;
  signer: CommandSigner;
  stamps: CommandStamps;
  leadership: LeadershipStore;
  operations: Pick<Executor, 'isLeadershipMoving' | 'isOccupied'>;
  onMoved: (clusterId: number) => Promise<void>;
  log: Logger;
}

/** A node as last seen, when that is recent and its agent may act. */
interface Seen {
  node: FleetNode;
  authority: Authority;
  writable: boolean;
  timeline: number | null;
}

export class Steward {
  readonly #options: StewardOptions;
  /** These two by the monotonic clock: one that is put back must not hold up a fence. */
  readonly #lookedAtMs = new Map<number, number>();
  readonly #orderedAtMs = new Map<string, number>();
  readonly #busy = new Set<number>();
  /** Fences under way, and of which node. */
  readonly #fences = new Map<string, string>();

  constructor(options: StewardOptions) {
    this.#options = options;
  }

  /** Outcomes of an earlier controller's fences are recorded too. */
  async gained(): Promise<void> {
    const { pool, log } = this.#options;
    try {
      for (const { id, subject, leftMs } of await unrecordedFences(pool, FENCE_STEP)) {
        this.#awaitEnd(id, subject, leftMs);
        if ((await findCommand(pool, id))?.result != null) await this.commandDone(id);
      }
    } catch (error) {
      log.warn({ err: error }, 'fences of an earlier controller could not be looked after');
    }
  }

  /** Another controller leads, and records how they end. */
  lost(): void {
    this.#fences.clear();
  }

  /** There is a new picture of this cluster. At most once a second, and one look at a time. */
  async look(cluster: FleetCluster): Promise<void> {
    const { live, log } = this.#options;
    const lookedAtMs = this.#lookedAtMs.get(cluster.id) ?? Number.NEGATIVE_INFINITY;
    if (this.#busy.has(cluster.id) || performance.now() - lookedAtMs < LOOK_EVERY_MS) return;
    if (cluster.leadership === null) return;
    this.#lookedAtMs.set(cluster.id, performance.now());
    const seen = cluster.nodes.flatMap((node) => seenNow(node, live, Date.now()));
    if (seen.length === 0) return;
    this.#busy.add(cluster.id);
    try {
      await this.#tend(cluster, seen);
    } catch (error) {
      log.warn({ err: error, cluster: cluster.slug }, 'the agents’ leadership could not be looked after; trying again');
    } finally {
      this.#busy.delete(cluster.id);
    }
  }

  /** A node of this cluster says that its agent's own command line gave it a term, which the record does not say: that is for `#adopt`. */
  willAdopt(cluster: FleetCluster): boolean {
    const known = cluster.leadership;
    if (known === null) return false;
    return cluster.nodes.some((node) => seenNow(node, this.#options.live, Date.now()).some((one) => hasTakenByHand(one, known)));
  }

  async #tend(cluster: FleetCluster, seen: readonly Seen[]): Promise<void> {
    const known = cluster.leadership;
    if (known === null || !seen.some((one) => needsAttention(one, known, seen))) return;
    // Memory may be a moment old: the record itself decides below.
    const current = await this.#options.leadership.read(cluster.slug);
    if (current === null) return;
    if (this.#options.operations.isLeadershipMoving(cluster.id) || (await isLeadershipMoving(this.#options.pool, cluster.id))) {
      return await this.#tellThoseWhoComeBack(cluster, seen, current.record);
    }
    // A claim that nobody witnesses changes nothing here: a finding says so, and a person confirms it (docs/decisions/0032).
    const byTerm = this.#verdicts(cluster, current.record).filter(({ claim }) => claim.term !== null);
    const verdict = byTerm.find(({ believed }) => believed);
    const byHand = seen.find(({ node }) => node.name === verdict?.claim.node);
    if (verdict !== undefined && byHand !== undefined) return await this.#adopt(cluster, current, byHand, verdict);
    const holder = seen.find(({ node }) => node.name === current.record.holder);
    if (needsRaise(seen, current.record)) return await this.#raise(cluster, current, seen);
    if (current.record.timeline === null && holder?.writable === true && holder.timeline !== null) {
      const swapped = await this.#options.leadership.swap(cluster.slug, current.version, { ...current.record, timeline: holder.timeline });
      if (swapped.outcome === 'ok') await this.#options.onMoved(cluster.id);
      return;
    }
    if (current.record.holder === null) return;
    for (const one of seen) {
      // An operation on it tells it what it must know, and explains its writes, unless it is a former leader.
      if (this.#options.operations.isOccupied(cluster.id, one.node.name)) await this.#tellThoseWhoComeBack(cluster, [one], current.record);
      else if (byTerm.some(({ claim, believed }) => claim.node === one.node.name && !believed)) continue;
      else if (isIntruder(one, current.record, holder)) await this.#fenceUnlessServing(cluster, one.node, current.record);
      else if (isBehind(one, current.record)) await this.#note(cluster, one.node, current.record);
    }
  }

  /** While an operation runs it does the telling, but not to a former leader that returns meanwhile: that one takes writes until it knows. */
  async #tellThoseWhoComeBack(cluster: FleetCluster, seen: readonly Seen[], record: LeadershipRecord): Promise<void> {
    if (record.holder === null) return;
    const back = seen.filter(
      ({ node, authority, writable }) => writable && node.name !== record.holder && authority.termSeen < record.term,
    );
    if (back.length === 0) return;
    for (const { node } of back) await this.#note(cluster, node, record);
  }

  async #note({ slug }: FleetCluster, node: FleetNode, { term, holder, timeline }: LeadershipRecord): Promise<void> {
    if (holder === null || !this.#mayOrder(`note ${node.uuid} ${term}`, NOTE_AGAIN_MS)) return;
    const args = { holder, timeline };
    const order = { cluster: slug, node, operation: null, step: 'steward:note-term', attempt: 1, verb: 'note-term' as const, args, term };
    const command = await this.#sign({ ...order, deadlineMs: NOTE_DEADLINE_MS });
    await insertCommands(this.#options.pool, [command]);
    this.#hand(command);
    this.#options.log.info({ cluster: slug, node: node.name, term, holder }, 'an agent is told of the term');
  }

  #witnesses(cluster: FleetCluster): WitnessNode[] {
    return cluster.nodes.map((node) => ({ name: node.name, latest: this.#options.live.node(node.id).latest, brokeGlass: node.brokeGlass }));
  }

  #verdicts(cluster: FleetCluster, leadership: LeadershipRecord): Verdict[] {
    return judgePromotions({ leadership, nodes: this.#witnesses(cluster) }, Date.now());
  }

  /**
   * A record that was only concluded from what was seen may rest on one agent's word: a node from which others stream is not stopped for it.
   * That two nodes take writes is a finding, and a person decides.
   */
  async #fenceUnlessServing(cluster: FleetCluster, node: FleetNode, record: LeadershipRecord): Promise<void> {
    const isConcluded = record.source === 'first-seen' || record.source === 'outside-the-tool';
    if (isConcluded && isStreamedFrom(node.name, this.#witnesses(cluster), Date.now())) return;
    await this.#fence(cluster, node, record);
  }

  async #fence({ slug }: FleetCluster, node: FleetNode, { term, holder }: LeadershipRecord): Promise<void> {
    if (!this.#mayOrder(`fence ${node.uuid}`, FENCE_AGAIN_MS)) return;
    const order = { cluster: slug, node, operation: null, step: FENCE_STEP, attempt: 1, verb: 'fence' as const, args: {}, term };
    const command = await this.#sign({ ...order, deadlineMs: FENCE_DEADLINE_MS });
    const subject = `node:${slug}/${node.name}`;
    const reason = `${node.name} took writes while ${holder} holds term ${term} and takes writes too.`;
    await inTransaction(this.#options.pool, async (client) => {
      await insertCommands(client, [command]);
      const body = { command: command.id, term, holder, reason };
      await appendAudit(client, {
        at: new Date(),
        actor: 'system:controller',
        action: 'node.fence',
        subject,
        outcome: 'started',
        body,
      });
    });
    this.#awaitEnd(command.id, subject, command.lifeMs);
    this.#hand(command);
    this.#options.log.warn({ cluster: slug, node: node.name, term, holder }, 'a node that takes writes beside the primary is stopped');
  }

  /** The result of some command was stored: of a fence, its outcome is recorded. */
  async commandDone(id: string): Promise<void> {
    const subject = this.#fences.get(id);
    if (subject === undefined) return;
    this.#fences.delete(id);
    const result = (await findCommand(this.#options.pool, id))?.result ?? null;
    const outcome = result?.status === 'done' ? 'done' : result?.status === 'refused' ? 'refused' : 'failed';
    const body = { command: id, result };
    await inTransaction(this.#options.pool, (client) =>
      appendAudit(client, { at: new Date(), actor: 'system:controller', action: 'node.fence', subject, outcome, body }),
    );
  }

  #awaitEnd(id: string, subject: string, waitMs: number): void {
    this.#fences.set(id, subject);
    setTimeout(() => void this.#giveUp(id), Math.max(0, waitMs)).unref();
  }

  async #giveUp(id: string): Promise<void> {
    if (!this.#fences.has(id)) return;
    try {
      await resolveCommand(this.#options.pool, id, revoked(NO_ANSWER));
      await this.commandDone(id);
    } catch (error) {
      this.#options.log.warn({ err: error, command: id }, 'that a fence got no answer could not be recorded');
    }
  }

  /** Somebody promoted a node by its agent's own command line, and it is witnessed: the record follows, term by term. */
  async #adopt(
    { id, slug }: FleetCluster,
    from: VersionedLeadership,
    { node, authority, timeline }: Seen,
    { has }: Verdict,
  ): Promise<void> {
    let current = from;
    const wanted = authority.leaderTerm ?? 0;
    if (wanted - current.record.term > TERMS_AHEAD_MAX) {
      this.#options.log.error(
        { cluster: slug, node: node.name, wanted, term: current.record.term },
        'a node claims a term far above the record',
      );
      return;
    }
    while (current.record.term < wanted || (current.record.term === wanted && current.record.holder === null)) {
      const opened = current.record.holder === null && current.record.term === wanted;
      const term = opened ? wanted : current.record.term + 1;
      const isLast = term === wanted;
      const next: LeadershipRecord = {
        term,
        holder: isLast ? node.name : null,
        timeline: isLast ? timeline : null,
        source: 'break-glass',
        operation: null,
        since: new Date().toISOString(),
      };
      const swapped = await this.#options.leadership.swap(slug, current.version, next);
      if (swapped.outcome === 'lost') return;
      current = swapped.current;
    }
    const body = { term: wanted, holder: node.name, timeline, before: from.record, witnesses: has };
    await inTransaction(this.#options.pool, (client) =>
      appendAudit(client, {
        at: new Date(),
        actor: 'system:controller',
        action: 'leadership.adopt',
        subject: `cluster:${slug}`,
        outcome: 'done',
        body,
      }),
    );
    this.#options.log.warn(
      { cluster: slug, node: node.name, term: wanted },
      'a promotion by an agent’s own command line was noticed and recorded',
    );
    await this.#options.onMoved(id);
  }

  /**
   * The record is from a backup: agents have seen higher terms. The counter follows them, so that no term is given twice. The holder
   * stays, who is seen to lead; agents are told next.
   */
  async #raise({ id, slug }: FleetCluster, from: VersionedLeadership, seen: readonly Seen[]): Promise<void> {
    if (!this.#mayOrder(`raise ${id}`, RAISE_AGAIN_MS)) return;
    const wanted = witnessedTerm(from.record.term, termsSeen(seen, from.record));
    let current = from;
    while (current.record.term < wanted) {
      const swapped = await this.#options.leadership.swap(slug, current.version, { ...current.record, term: current.record.term + 1 });
      if (swapped.outcome === 'lost') return;
      current = swapped.current;
    }
    const body = { term: wanted, holder: from.record.holder, before: from.record };
    await inTransaction(this.#options.pool, (client) =>
      appendAudit(client, {
        at: new Date(),
        actor: 'system:controller',
        action: 'leadership.raise',
        subject: `cluster:${slug}`,
        outcome: 'done',
        body,
      }),
    );
    this.#options.log.warn(
      { cluster: slug, term: wanted, before: from.record.term },
      'agents have seen higher terms: the record was raised',
    );
    await this.#options.onMoved(id);
  }

  async #sign(order: CommandOrder): Promise<SignedOrder> {
    const { pool, signer, stamps } = this.#options;
    await stamps.ensure(pool, [order.node.id]);
    return makeCommand(order, signer, stamps.next(order.node.id));
  }

  #hand(command: SignedOrder): void {
    const handed = toHand(command);
    if (handed !== null) this.#options.mailbox.hand(command.nodeId, handed);
  }

  #mayOrder(key: string, againMs: number): boolean {
    const nowMs = performance.now();
    if (nowMs - (this.#orderedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < againMs) return false;
    this.#orderedAtMs.set(key, nowMs);
    return true;
  }
}

function seenNow(node: FleetNode, live: LiveState, nowMs: number): Seen[] {
  const { latest } = live.node(node.id);
  const authority = latest?.observation.authority ?? null;
  if (latest === null || authority === null || !isYoungerThan(latest.observedAtMs, SEEN_WITHIN_MS, nowMs)) return [];
  return [{ node, authority, writable: isWritable(latest.observation), timeline: latest.observation.postgres?.timeline ?? null }];
}

const isWritable = ({ server, postgres }: Observation): boolean => server.state === 'accepting' && postgres?.inRecovery === false;

/** The cheap question before the record is read. */
function needsAttention(
  one: Seen,
  known: { term: number; holder: string | null; timeline: number | null },
  seen: readonly Seen[],
): boolean {
  const record = { ...known, source: 'operation' as const, operation: null, since: '' };
  const holder = seen.find(({ node }) => node.name === known.holder);
  const lacksTimeline = known.timeline === null && one === holder && one.writable;
  return (
    lacksTimeline || needsRaise(seen, record) || isBehind(one, record) || isIntruder(one, record, holder) || hasTakenByHand(one, record)
  );
}

/** Its agent does not know the present term, or not that this node leads it. Who is fenced stays fenced, whatever the record says. */
function isBehind({ node, authority }: Seen, { term, holder }: LeadershipRecord): boolean {
  if (authority.termSeen > term || holder === null) return false;
  if (authority.termSeen < term || authority.role === 'unclaimed') return true;
  if (node.name === holder) return authority.role === 'follower' || (authority.role === 'leader' && authority.leaderTerm !== term);
  return authority.role === 'leader';
}

const termsSeen = (seen: readonly Seen[], { holder }: Pick<LeadershipRecord, 'holder'>) =>
  seen.map(({ node, authority }) => ({ termSeen: authority.termSeen, isHolder: node.name === holder }));

/**
 * Two agents have seen a higher term than the record's, or the holder's own, and the holder on record is seen to lead. While it is not, or while somebody claims a
 * higher term, the counter alone says too little: that is for `#adopt`, or for a person and a failover.
 */
function needsRaise(seen: readonly Seen[], { term, holder }: Pick<LeadershipRecord, 'term' | 'holder'>): boolean {
  const leader = seen.find(({ node }) => node.name === holder);
  const isLeading = leader?.writable === true && leader.authority.role === 'leader';
  const isClaimed = seen.some(({ authority }) => authority.role === 'leader' && (authority.leaderTerm ?? 0) > term);
  return isLeading && !isClaimed && witnessedTerm(term, termsSeen(seen, { holder })) > term;
}

/** Takes writes although another node holds the term and is seen to take writes too. */
function isIntruder({ node, writable }: Seen, { holder }: LeadershipRecord, holderSeen: Seen | undefined): boolean {
  return writable && node.name !== holder && holderSeen?.writable === true;
}

/** Only the agent's own command line gives a term that the record does not know. */
function hasTakenByHand({ authority, writable, node }: Seen, { term, holder }: Pick<LeadershipRecord, 'term' | 'holder'>): boolean {
  if (authority.role !== 'leader' || authority.leaderTerm === null || !writable) return false;
  return authority.leaderTerm > term || (authority.leaderTerm === term && holder === null && node.name !== holder);
}
