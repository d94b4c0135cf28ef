/**
 * One run of the simulator: a cluster of model servers with real agents' rules, the real machine, a writer that keeps what was
 * acknowledged, and a network and processes that fail. Everything follows from the seed.
 */
import { CHOSEN } from '../../lib/domain/operation/model.ts';
import type { Plan, Step, StepAction } from '../../lib/domain/operation/model.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import type { Bug } from './bugs.ts';
import type { Chooser, ClusterShape, Weather } from './story.ts';
import { ModelAgent, simulatedAt } from './model-agent.ts';
import { ModelController } from './model-controller.ts';
import type { ModelPooler } from './model-server.ts';
import { ModelPostgres } from './model-postgres.ts';
import type { WalRecord } from './model-postgres.ts';
import { Chance } from './random.ts';
import { copyViolations, leaveBehind, whyNotBack } from './returning.ts';
import { Schedule } from './schedule.ts';

export interface Outcome {
  seed: number;
  violations: string[];
  state: string;
  steps: string[];
  rows: number;
  lost: number;
}

export interface Settings {
  seed: number;
  shape: ClusterShape;
  plan: Plan;
  weather: Weather;
  bug: Bug | null;
  choose: Chooser;
}

const TROUBLE_UNTIL_MS = 6_000;
const END_MS = 400_000;
const WRITE_EVERY_MS = 6;
const STREAM_EVERY_MS = 3;
const POLL_EVERY_MS = 25;
const QUIET_FACTOR = 40;
/** After the end: as long as the latest message may take. */
const LINGER_MS = 55_000;
const PLAYED_WITHIN_MS = 20_000;
const REPLAY_MAX_MS = 50_000;
const STEWARD_EVERY_MS = 500;
const GUARD_EVERY_MS = 1_000;
/** A former leader that was started by hand may be writable this long. */
const GUARD_ALLOWANCE_MS = 5_000;

export class World {
  readonly schedule = new Schedule();
  readonly nodes = new Map<string, ModelPostgres>();
  readonly agents = new Map<string, ModelAgent>();
  readonly controller: ModelController;
  readonly pooler: ModelPooler;
  readonly #settings: Settings;
  readonly #chance: Chance;
  readonly #violations = new Set<string>();
  readonly #acknowledged = new Set<number>();
  /** Commits that wait for synchronous standbys: row, its position and the node. */
  #waiting: { row: number; lsn: number; node: ModelPostgres }[] = [];
  readonly #cuts = new Set<string>();
  readonly #termSeen = new Map<string, number>();
  readonly #rogueSince = new Map<string, number>();
  #rows = 0;
  #crashes = 0;
  #calm = false;
  #lastTerm: number;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#chance = new Chance(settings.seed);
    const { shape } = settings;
    this.#lastTerm = shape.term;
    const base: WalRecord[] = [{ timeline: 1, row: null, mark: 'start' }];
    const after: WalRecord[] = shape.returning === undefined ? base : [...base, { timeline: 2, row: null, mark: 'end of recovery' }];
    for (const { name, upstream } of shape.nodes) this.nodes.set(name, new ModelPostgres(name, after, upstream));
    if (shape.returning !== undefined) leaveBehind(this.#node(shape.returning), base);
    const { timeline } = this.#node(shape.primary);
    this.#node(shape.primary).synchronous = shape.synchronous;
    this.pooler = { paused: false, primary: shape.primary };
    for (const node of this.nodes.values()) this.#addAgent(node);
    this.controller = new ModelController(
      {
        schedule: this.schedule,
        chance: this.#chance,
        plan: settings.plan,
        clusterSlug: shape.slug,
        bug: settings.bug,
        mayCrash: () => this.#mayCrash(),
        isSeen: (step, action) => this.#isSeen(step, action),
        choose: (run) => settings.choose(settings.plan, run, settings.bug),
        fenceByCommand: (name) => this.#node(name).crash(),
        wake: (name) => this.#deliver(name),
        givenUp: ({ node, payload }) => {
          if (!this.#chance.yes(0.5)) return;
          this.schedule.after(this.#chance.between(50, PLAYED_WITHIN_MS), () =>
            this.agents.get(node)?.receive({ payload, signatureOk: true }),
          );
        },
      },
      {
        version: 1,
        record: { term: shape.term, holder: shape.primary, timeline, source: 'first-seen', operation: null, since: simulatedAt(0) },
      },
    );
  }

  #addAgent(node: ModelPostgres): void {
    const { shape, bug } = this.#settings;
    const agent = new ModelAgent({
      schedule: this.schedule,
      chance: this.#chance,
      node,
      bug,
      clusterSlug: shape.slug,
      world: {
        nowMs: () => this.schedule.nowMs,
        node: (name) => this.#node(name),
        pooler: this.pooler,
        sendersMs: () => (this.#chance.yes(0.8) ? this.#chance.between(4, 60) : 0),
        linked: (a, b) => !this.#cuts.has(linkOf(a, b)),
        copies: () => ({ looks: this.#chance.between(2, 60), breaksOff: !this.#calm && this.#chance.yes(0.3) }),
      },
      mayCrash: () => this.#mayCrash(),
      send: (id, result) => this.#sendResult(agent, id, result),
    });
    agent.settle(shape.term, shape.primary);
    this.agents.set(node.name, agent);
  }

  run(): Outcome {
    const { schedule, controller } = this;
    const { weather } = this.#settings;
    this.#every(WRITE_EVERY_MS, () => this.#write());
    this.#every(STREAM_EVERY_MS, () => this.#stream());
    this.#every(POLL_EVERY_MS, () => this.agents.forEach((agent) => this.#deliver(agent.name)));
    this.#every(STEWARD_EVERY_MS, () => this.#steward());
    this.#every(GUARD_EVERY_MS, () => this.agents.forEach((agent) => agent.guard()));
    this.#trouble();
    schedule.after(60, () => controller.begin());
    if (weather.cancels) schedule.after(this.#chance.between(60, 900), () => controller.wish({ kind: 'cancel-requested', by: 'a person' }));
    schedule.after(TROUBLE_UNTIL_MS, () => this.#endTrouble());
    for (let until = 500; until <= END_MS; until += 500) {
      schedule.run(until, () => this.#checkAlways());
      if (isEnded(controller.run.state) && until > TROUBLE_UNTIL_MS + LINGER_MS) break;
      if (controller.run.state === 'held' && this.#calm) controller.wish({ kind: 'released', by: 'a person' });
    }
    this.#checkAtEnd();
    return {
      seed: this.#settings.seed,
      violations: [...this.#violations],
      state: controller.run.state,
      steps: controller.events.map(({ at, event }) => `${at.slice(14, 23)} ${describe(event)}`),
      rows: this.#acknowledged.size,
      lost: this.#lostRows().length,
    };
  }

  #every(ms: number, work: () => void): void {
    const again = (): void => {
      work();
      // When all is over there is little to see, and only messages that are very late are waited for.
      this.schedule.after(this.#calm && isEnded(this.controller.run.state) ? ms * QUIET_FACTOR : ms, again);
    };
    this.schedule.after(this.#chance.between(1, ms), again);
  }

  #node(name: string): ModelPostgres {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`There is no node ${name}.`);
    return node;
  }

  // ---- The network ---------------------------------------------------------------------------------------------------------------

  #send(work: () => void): void {
    const { weather } = this.#settings;
    const chance = this.#chance;
    // Most messages come at once, some late, and a few so late that nobody expects them any more.
    const delay = (): number => {
      if (this.#calm || chance.yes(0.88)) return chance.between(1, 4);
      return chance.between(1, chance.yes(0.2) ? 20 * weather.delayMaxMs : weather.delayMaxMs);
    };
    if (!this.#calm && chance.yes(weather.lose)) {
      // A lost message may have been caught by a third party that replays it at the worst time.
      if (chance.yes(0.3)) this.schedule.after(chance.between(500, REPLAY_MAX_MS), work);
      return;
    }
    this.schedule.after(delay(), work);
    if (!this.#calm && chance.yes(weather.repeat)) this.schedule.after(delay() + chance.between(0, weather.delayMaxMs), work);
  }

  #deliver(name: string): void {
    const agent = this.agents.get(name);
    if (agent === undefined) return;
    // An agent that is down asks for nothing, but what was on its way to it may still be caught.
    if (!agent.alive && !this.#chance.yes(0.02)) return;
    for (const { payload } of this.controller.waitingFor(name, agent.have()))
      this.#send(() => agent.receive({ payload, signatureOk: true }));
  }

  #sendResult(agent: ModelAgent, id: string, result: Parameters<ModelController['take']>[1]): void {
    // A lost result is asked for again by the next poll, and answered from the journal.
    void agent;
    this.#send(() => this.controller.take(id, result));
  }

  // ---- Clients and replication ---------------------------------------------------------------------------------------------------

  #write(): void {
    const targets = new Set<ModelPostgres>();
    if (!this.pooler.paused && this.pooler.primary !== null) targets.add(this.#node(this.pooler.primary));
    // Some clients come directly, to whatever takes writes: the worst that there is.
    for (const node of this.nodes.values()) if (node.writable) targets.add(node);
    for (const node of targets) {
      if (!node.writable) continue;
      this.#rows += 1;
      const lsn = node.append({ timeline: node.timeline, row: this.#rows, mark: null });
      this.#waiting.push({ row: this.#rows, lsn, node });
    }
    this.#acknowledge();
  }

  #acknowledge(): void {
    this.#waiting = this.#waiting.filter(({ row, lsn, node }) => {
      if (!node.writable) return false;
      const { synchronous } = node;
      if (synchronous !== null) {
        const record = node.wal[lsn - 1];
        const have = synchronous.standbys.filter((name) => name !== node.name && this.nodes.get(name)?.wal[lsn - 1] === record);
        if (have.length < synchronous.required) return true;
      }
      // Writes to a former leader that came back are the returning host's doing; what counts is how long it could take them.
      if (!this.#rogueSince.has(node.name)) this.#acknowledged.add(row);
      return false;
    });
  }

  #stream(): void {
    for (const node of this.nodes.values()) {
      if (node.process !== 'running' || !node.inRecovery || node.upstream === null) continue;
      const upstream = this.nodes.get(node.upstream);
      if (upstream === undefined || this.#cuts.has(linkOf(node.name, upstream.name)) || !upstream.sends(this.schedule.nowMs)) continue;
      if (this.#chance.yes(0.85)) node.receive(upstream, this.#chance.between(1, 6));
    }
    this.#acknowledge();
  }

  // ---- What goes wrong -----------------------------------------------------------------------------------------------------------

  #mayCrash(): boolean {
    const { weather } = this.#settings;
    if (this.#calm || this.#crashes >= weather.crashesMax || !this.#chance.yes(weather.crashPoint)) return false;
    this.#crashes += 1;
    return true;
  }

  #trouble(): void {
    const { weather, shape } = this.#settings;
    const { schedule } = this;
    const chance = this.#chance;
    const names = [...this.nodes.keys()];
    if (weather.primaryDies) schedule.after(chance.between(20, 900), () => this.#node(shape.primary).crash());
    if (weather.linkCut) {
      const link = linkOf(chance.pick(names), chance.pick(names));
      schedule.after(chance.between(20, 500), () => this.#cuts.add(link));
      schedule.after(chance.between(700, 4_000), () => this.#cuts.delete(link));
    }
    if (weather.hostReturns) {
      // An old word of the controller comes once more, from a connection that hung or from a third party that kept it.
      schedule.after(chance.between(100, 9_000), () => this.agents.get(shape.primary)?.note(shape.term, shape.primary));
      schedule.after(chance.between(300, 5_500), () => {
        const old = this.#node(shape.primary);
        if (old.process === 'running' || this.controller.leadership.record.holder === old.name) return;
        old.start();
        if (old.writable) this.#rogueSince.set(old.name, schedule.nowMs);
      });
    }
  }

  #endTrouble(): void {
    this.#calm = true;
    this.#cuts.clear();
  }

  /** The controller tells agents whose leadership is old; while an operation runs it leaves the telling to it. */
  #steward(): void {
    const { record } = this.controller.leadership;
    if (!this.controller.alive || record.holder === null) return;
    for (const agent of this.agents.values()) {
      const { leadership } = agent.disk;
      // While an operation runs it does the telling, but not to a former leader that returns meanwhile.
      if (!isEnded(this.controller.run.state) && !(agent.name !== record.holder && this.#node(agent.name).writable)) continue;
      const leadsRightly = record.holder !== agent.name || (leadership.role === 'leader' && leadership.leaderTerm === record.term);
      if (leadership.termSeen >= record.term && leadsRightly) continue;
      this.#send(() => agent.note(record.term, record.holder ?? ''));
    }
  }

  // ---- What must hold ------------------------------------------------------------------------------------------------------------

  #checkAlways(): void {
    const nowMs = this.schedule.nowMs;
    const writable: ModelPostgres[] = [];
    for (const node of this.nodes.values()) {
      if (node.writable) writable.push(node);
      // Down again, or a leader again, because the failover was rolled back.
      const { holder } = this.controller.leadership.record;
      if (!node.writable || holder === node.name) this.#rogueSince.delete(node.name);
      // While the term is open nobody else can be primary, and nobody can be named to it as the one who leads.
      else if (holder === null && this.#rogueSince.has(node.name)) this.#rogueSince.set(node.name, this.schedule.nowMs);
    }
    for (const violation of copyViolations(this.nodes.values(), this.#settings.shape.returning)) this.#violations.add(violation);
    for (const [name, sinceMs] of this.#rogueSince) {
      // Nobody can stop a server whose agent is down; the time counts from its return.
      if (this.agents.get(name)?.alive === false) this.#rogueSince.set(name, nowMs);
      else if (nowMs - sinceMs > GUARD_ALLOWANCE_MS)
        this.#violations.add(`${name} came back under an old term and was writable for more than 5 s`);
    }
    const regular = writable.filter(({ name }) => !this.#rogueSince.has(name));
    if (regular.length > 1) this.#violations.add(`two writable primaries: ${regular.map(({ name }) => name).join(' and ')}`);
    for (const { name, disk } of this.agents.values()) {
      const seen = disk.leadership.termSeen;
      if (seen < (this.#termSeen.get(name) ?? 0)) this.#violations.add(`${name} went back to term ${seen}`);
      this.#termSeen.set(name, seen);
    }
    const { term } = this.controller.leadership.record;
    if (term < this.#lastTerm) this.#violations.add(`the term fell from ${this.#lastTerm} to ${term}`);
    this.#lastTerm = term;
  }

  #lostRows(): number[] {
    const holder = this.controller.leadership.record.holder;
    const final = holder === null ? undefined : this.nodes.get(holder);
    if (final === undefined) return [];
    const there = new Set(final.wal.map(({ row }) => row));
    return [...this.#acknowledged].filter((row) => !there.has(row));
  }

  #checkAtEnd(): void {
    const { plan, shape } = this.#settings;
    const { run, leadership } = this.controller;
    const add = (violation: string): void => void this.#violations.add(violation);
    if (!isEnded(run.state)) add(`no way out: it is ${run.state} at the end (${run.reason ?? ''})`);
    const { holder, term } = leadership.record;
    if (term > shape.term + 1) add(`the term grew from ${shape.term} to ${term}`);
    const timelines = [...this.nodes.values()].flatMap(({ promotions }) => promotions.map(({ timeline }) => timeline));
    if (new Set(timelines).size !== timelines.length) add('two nodes began the same timeline');
    for (const agent of this.agents.values())
      for (const verb of agent.performedAgain) add(`${verb} was performed again though it was done`);
    if (run.state === 'done') {
      const wanted = plan.request.kind === 'failover' ? run.chosen : plan.after.primary;
      if (holder !== wanted) add(`done, but ${holder ?? 'nobody'} leads instead of ${wanted ?? 'nobody'}`);
      if (wanted !== null && !this.#node(wanted).writable) add(`done, but ${wanted} takes no writes`);
    }
    whyNotBack(plan, run, this.nodes.get(shape.returning ?? ''), this.#node(shape.primary)).forEach(add);
    if (run.state === 'rolled-back' || run.state === 'cancelled') {
      if (plan.request.kind === 'switchover' && !this.#settings.weather.primaryDies && !this.#node(shape.primary).writable)
        add(`${run.state}, but ${shape.primary} takes no writes`);
      if (plan.request.kind === 'switchover' && this.pooler.paused) add(`${run.state}, but the pooler is still paused`);
      if (plan.request.kind === 'switchover' && this.pooler.primary !== shape.primary)
        add(`${run.state}, but the pooler points at ${this.pooler.primary ?? 'nobody'}`);
    }
    const lost = this.#lostRows();
    const mayLose = plan.request.kind === 'failover' && shape.synchronous === null;
    if (lost.length > 0 && !mayLose) add(`${lost.length} acknowledged rows are missing on ${holder ?? 'nobody'}`);
    if (lost.length > 0 && mayLose) {
      const old = new Set(this.#node(shape.primary).wal.map(({ row }) => row));
      if (lost.some((row) => !old.has(row))) add('a lost row is not in the WAL of the old primary, so that no ledger can list it');
    }
  }

  #isSeen(_step: Step, { condition }: Extract<StepAction, { by: 'observation' }>): boolean {
    switch (condition.see) {
      case 'streaming': {
        const [standby, upstream] = [this.#node(condition.standby), this.#node(condition.upstream)];
        const streams = standby.process === 'running' && standby.inRecovery && standby.upstream === upstream.name;
        return streams && upstream.process === 'running' && standby.isBeginningOf(upstream) && standby.timeline === upstream.timeline;
      }
      case 'writable':
        return this.#node(condition.node).writable;
      case 'not-writable':
        return !this.#node(condition.node).writable;
      default:
        return true;
    }
  }
}

const linkOf = (a: string, b: string): string => (a < b ? `${a}|${b}` : `${b}|${a}`);

function describe(event: { kind: string } & Record<string, unknown>): string {
  const parts = [event['step'], event['attempt'], event['undo'] === true ? 'undo' : null, event['code'], event['state'], event['reason']];
  return [event.kind, ...parts.filter((part) => part !== undefined && part !== null)].join(' ').replaceAll(CHOSEN, 'the chosen');
}
