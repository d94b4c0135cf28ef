/**
 * An agent in the simulator: the real admission and the real rules of leadership (agent/perform/admission.ts, agent/authority/rules.ts)
 * over a model of its disk and of PostgreSQL. What stands in `disk` survives a crash, everything else does not.
 */
import {
  afterEffect,
  beforeEffect,
  becomeStandby,
  leads,
  UNCLAIMED,
  whyNotWritable,
  fence,
  raiseOrder,
} from '../../agent/authority/rules.ts';
import type { Leadership } from '../../agent/authority/rules.ts';
import { admit, readEnvelope } from '../../agent/perform/admission.ts';
import type { CommandEnvelope, CommandResult } from '../../lib/agent-contract/commands.ts';
import { definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { Lane } from '../../lib/agent-contract/verbs/verb.ts';
import { isInTurn, yieldsToCommand } from '../../agent/perform/lanes.ts';
import type { Bug } from './bugs.ts';
import { performInModel, resultOf } from '../verbs/perform.ts';
import type { Outcome } from '../verbs/model.ts';
import { modelServer } from './model-server.ts';
import type { PerformWorld } from './model-server.ts';
import type { ModelPostgres } from './model-postgres.ts';
import type { Chance } from './random.ts';
import type { Schedule } from './schedule.ts';

export interface SentCommand {
  payload: string;
  signatureOk: boolean;
}

interface JournalLine {
  id: string;
  key: string;
  nonce: string;
  verb: Verb;
  /** Of which life of the agent. */
  life: number;
  argsText: string;
  issuedAt: string;
  /** `null` = started, and nothing more is known. */
  result: CommandResult | null;
}

export interface AgentDisk {
  leadership: Leadership;
  journal: JournalLine[];
}

export interface AgentGround {
  schedule: Schedule;
  chance: Chance;
  node: ModelPostgres;
  world: Omit<PerformWorld, 'markUnusable' | 'unusable'>;
  bug: Bug | null;
  /** Called with what is to go to the controller; it may be lost. */
  send: (id: string, result: CommandResult) => void;
  /** A chance to crash at this point. */
  mayCrash: (where: string) => boolean;
  clusterSlug: string;
}

const PERFORM_POLL_MS = 2;
const EPOCH_MS = Date.parse('2026-11-21T00:00:00.000Z');
export const simulatedAt = (nowMs: number): string => new Date(EPOCH_MS + nowMs).toISOString();
export const nodeUuid = (name: string): string => `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padEnd(12, '0').slice(-12)}`;
const keyOf = ({ operation, step, attempt }: CommandEnvelope): string => `${operation ?? '-'}|${step}|${attempt}`;

export class ModelAgent {
  readonly name: string;
  readonly disk: AgentDisk = { leadership: UNCLAIMED, journal: [] };
  readonly #ground: AgentGround;
  alive = true;
  /** Grows with each crash: work of an earlier life ends itself. */
  #life = 0;
  /** Commands that wait for a turn, by lane. */
  #queues = new Map<Lane, CommandEnvelope[]>();
  #underWay: CommandEnvelope[] = [];
  readonly #interrupted = new Set<string>();
  /** Commands whose effect was made again though their result was known: a fault of idempotence. */
  readonly performedAgain: string[] = [];

  constructor(ground: AgentGround) {
    this.name = ground.node.name;
    this.#ground = ground;
  }

  crash(): void {
    this.alive = false;
    this.#ground.node.copy = null;
    this.#life += 1;
    this.#queues = new Map();
    this.#underWay = [];
    this.#interrupted.clear();
  }

  /** A command in progress is not resumed: whether it had its effect is unknown, and the controller decides. */
  restart(): void {
    this.alive = true;
    const { bug } = this.#ground;
    for (const line of this.disk.journal) {
      if (line.result === null && bug === 'half-is-done' && (line.verb === 'rewind' || line.verb === 'clone')) {
        line.result = { status: 'done', evidence: { tookMs: 1, needed: true, output: '', bytes: 0 }, tookMs: 1 };
        this.disk.leadership = { ...this.disk.leadership, unusable: null };
      }
      line.result ??= { status: 'failed', code: 'agent-restarted', reason: 'The agent was restarted meanwhile.', changed: null, tookMs: 0 };
    }
  }

  /** Ids in its poll that it need not be sent again. */
  have(): ReadonlySet<string> {
    return new Set([...[...this.#queues.values()].flat(), ...this.#underWay].map(({ id }) => id));
  }

  receive({ payload, signatureOk }: SentCommand): void {
    if (!this.alive) return;
    const { schedule, bug } = this.#ground;
    const disk = this.disk;
    const admission = admit(
      payload,
      signatureOk,
      {
        node: nodeUuid(this.name),
        nodeName: this.name,
        cluster: this.#ground.clusterSlug,
        leadership: bug === 'no-term-check' ? { ...disk.leadership, termSeen: 0, holder: null, role: 'unclaimed' } : disk.leadership,
        notConfigured: null,
        journalBroken: null,
        known: (envelope) => {
          if (bug === 'forgets-what-it-did') return null;
          const line = disk.journal.find(({ key }) => key === keyOf(envelope));
          if (line === undefined) return null;
          const underWay = this.have().has(line.id);
          return { command: line.id, verb: line.verb, sameArgs: line.argsText === JSON.stringify(envelope.args), underWay };
        },
        nonceSeen: (nonce) => bug !== 'forgets-what-it-did' && disk.journal.some((line) => line.nonce === nonce),
        newestIssuedAt: this.#newestFor(readEnvelope(payload)),
      },
      { nowMs: EPOCH_MS + schedule.nowMs, offsetMs: 0, waitedMs: 0, leftMs: null },
    );
    if (admission.verdict === 'refuse') {
      if (admission.head !== null)
        this.#ground.send(admission.head.id, { status: 'refused', code: admission.code, reason: admission.reason });
      return;
    }
    const { envelope } = admission;
    if (admission.verdict === 'under-way' || this.have().has(envelope.id)) return;
    if (admission.verdict === 'repeat') {
      const line = disk.journal.find(({ key }) => key === keyOf(envelope));
      if (line?.result != null) this.#ground.send(envelope.id, line.result);
      return;
    }
    if (!isInTurn(envelope.verb)) {
      for (const other of this.#underWay) if (yieldsToCommand(other.verb, envelope.verb)) this.#interrupted.add(other.id);
      return this.#perform(envelope, this.#life);
    }
    const { lane } = definitionOf(envelope.verb);
    this.#queues.set(lane, [...(this.#queues.get(lane) ?? []), envelope]);
    this.#next(lane);
  }

  /** As in the agent: of an earlier life all commands count, of this one those of the same lane. */
  #newestFor(envelope: CommandEnvelope | null): string | null {
    if (envelope === null) return null;
    const lane = (verb: Verb): Lane => definitionOf(verb).lane;
    return (
      this.disk.journal
        .filter(({ verb, life }) => (life < this.#life ? !definitionOf(verb).looksOnly : lane(verb) === lane(envelope.verb)))
        .map(({ issuedAt }) => issuedAt)
        .toSorted()
        .at(-1) ?? null
    );
  }

  #next(lane: Lane): void {
    if (lane === 'look' || this.#underWay.some(({ verb }) => definitionOf(verb).lane === lane)) return;
    const envelope = this.#queues.get(lane)?.shift();
    if (envelope === undefined) return;
    for (const other of this.#underWay) if (yieldsToCommand(other.verb, envelope.verb)) this.#interrupted.add(other.id);
    this.#perform(envelope, this.#life);
  }

  #perform(envelope: CommandEnvelope, life: number): void {
    const { schedule, chance, node } = this.#ground;
    const disk = this.disk;
    const at = simulatedAt(schedule.nowMs);
    this.#underWay.push(envelope);
    const started = (): void => {
      if (!disk.journal.some(({ key }) => key === keyOf(envelope))) {
        const { id, nonce, verb } = envelope;
        disk.journal.push({
          id,
          key: keyOf(envelope),
          nonce,
          verb,
          life,
          argsText: JSON.stringify(envelope.args),
          issuedAt: envelope.issuedAt,
          result: null,
        });
      }
      const { lane } = definitionOf(envelope.verb);
      disk.leadership = raiseOrder(beforeEffect(disk.leadership, envelope, this.name, at), lane, envelope.order);
    };
    started();
    if (this.#ground.mayCrash(`${envelope.verb}:before`)) return this.#crashAndReturn();
    const deadlineAtMs = schedule.nowMs + envelope.deadlineMs;
    const attempt = (): void => {
      if (life !== this.#life) return;
      if (this.#interrupted.delete(envelope.id)) {
        if (definitionOf(envelope.verb).lane === 'server') node.copy = null;
        return this.#finish(envelope, { status: 'failed', code: 'cancelled', reason: 'It was interrupted.', changed: null, tookMs: 1 });
      }
      const outcome = this.#effect(envelope);
      const result = resultOf(outcome);
      if (result === null) {
        if (node.copy !== null && this.#ground.mayCrash(`${envelope.verb}:during`)) return this.#crashAndReturn();
        if (schedule.nowMs < deadlineAtMs) schedule.after(PERFORM_POLL_MS, attempt);
        else this.#finish(envelope, { status: 'failed', code: 'wal-missing', reason: 'The WAL did not come.', changed: false, tookMs: 1 });
        return;
      }
      if (disk.journal.some(({ key, result }) => key === keyOf(envelope) && result !== null)) this.performedAgain.push(envelope.verb);
      if (this.#ground.mayCrash(`${envelope.verb}:after`)) return this.#crashAndReturn();
      if (result.status === 'done') {
        const inRecovery = node.process === 'running' ? node.inRecovery : null;
        disk.leadership = afterEffect(disk.leadership, envelope, { inRecovery, streaming: false }, at);
      }
      this.#finish(envelope, result);
    };
    schedule.after(chance.between(1, 12), attempt);
  }

  #effect(envelope: CommandEnvelope): Outcome<Verb> {
    const { node, world } = this.#ground;
    const whole: PerformWorld = {
      ...world,
      unusable: () => this.disk.leadership.unusable?.reason ?? null,
      markUnusable: (reason) => {
        const unusable = reason === null ? null : { since: simulatedAt(world.nowMs()), reason };
        this.disk.leadership = { ...this.disk.leadership, unusable };
      },
    };
    return performInModel(envelope.verb, envelope.args, {
      server: modelServer(node, whole),
      unusable: whole.unusable(),
      pooler: () => world.pooler,
      enforceLeadership: () => this.#mustStop() && (this.#fenceItself(), true),
      leads: () => leads(this.disk.leadership),
    });
  }

  #mustStop(): boolean {
    return this.#ground.node.writable && whyNotWritable(this.disk.leadership) !== null;
  }

  #finish(envelope: CommandEnvelope, result: CommandResult): void {
    const line = this.disk.journal.find(({ key }) => key === keyOf(envelope));
    if (line !== undefined) line.result = result;
    this.#underWay = this.#underWay.filter(({ id }) => id !== envelope.id);
    if (this.#ground.mayCrash(`${envelope.verb}:sent`)) return this.#crashAndReturn();
    this.#ground.send(envelope.id, result);
    this.#next(definitionOf(envelope.verb).lane);
  }

  #crashAndReturn(): void {
    const { schedule, chance } = this.#ground;
    this.crash();
    // Most are back at once; now and then somebody has to come and start it.
    schedule.after(chance.yes(0.8) ? chance.between(20, 900) : chance.between(900, 35_000), () => this.restart());
  }

  /** The steward's word goes through the same rules as a command of the verb `note-term`. */
  note(term: number, holder: string): void {
    if (!this.alive || (term < this.disk.leadership.termSeen && this.#ground.bug !== 'no-term-check')) return;
    const command = { verb: 'note-term' as const, args: { holder, timeline: null }, term };
    this.disk.leadership = beforeEffect(this.disk.leadership, command, this.name, simulatedAt(this.#ground.schedule.nowMs));
    this.guard();
  }

  /** Each tick: a node that may not be writable is stopped. */
  guard(): void {
    if (!this.alive || this.#ground.bug === 'no-guard') return;
    if (this.#mustStop()) this.#fenceItself();
  }

  #fenceItself(): void {
    const { node, schedule } = this.#ground;
    const why = whyNotWritable(this.disk.leadership) ?? 'Its term has ended.';
    this.disk.leadership = fence(this.disk.leadership, simulatedAt(schedule.nowMs), why);
    node.crash();
  }

  /** As at the beginning of a run: what the steward told every agent long ago. */
  settle(term: number, holder: string): void {
    const base: Leadership = { ...UNCLAIMED, cluster: this.#ground.clusterSlug, termSeen: term, holder };
    this.disk.leadership = holder === this.name ? { ...base, role: 'leader', leaderTerm: term } : becomeStandby(base);
  }
}
