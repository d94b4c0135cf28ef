/**
 * Agents of one cluster over the real gateway, each with a model of its server instead of PostgreSQL: they report what the model is,
 * perform commands on it at once, and answer by a table where a test wants otherwise.
 */
import type { Authority, CommandEnvelope, CommandResult } from '../lib/agent-contract/commands.ts';
import type { Observation } from '../lib/agent-contract/observation.ts';
import { UNCLAIMED, afterEffect, beforeEffect, leads } from '../agent/authority/rules.ts';
import type { Leadership } from '../agent/authority/rules.ts';
import type { NodeReport } from '../lib/agent-contract/node-report.ts';
import { refused } from './verbs/model.ts';
import type { ModelServer, ModelWorld } from './verbs/model.ts';
import { performInModel, resultOf } from './verbs/perform.ts';
import type { Verb } from '../lib/agent-contract/verbs.ts';
import { aDownstream, aPrimaryPostgres, aSlot, aStandbyPostgres, anObservation, someFacts } from './builders/observation.ts';
import { idleLsnTextAt } from './builders/moment.ts';
import type { SimulatedAgent } from './simulated-agent.ts';

const TICK_MS = 250;
const POLL_MS = 5_000;
const RETRY_MS = 100;
const STOP_MS = 2_000;

interface ScriptedServer {
  running: boolean;
  primary: boolean;
  timeline: number;
  upstream: string | null;
  slots: Set<string>;
  synchronous: string;
  authority: Pick<Authority, 'termSeen' | 'role' | 'leaderTerm' | 'fenced'>;
}

export interface Performed {
  node: string;
  verb: Verb;
  step: string;
  attempt: number;
  term: number;
  operation: string | null;
  id: string;
}

type Answerer = (envelope: CommandEnvelope, node: string) => CommandResult | null | Promise<CommandResult | null>;

export class ScriptedFleet {
  readonly servers: Map<string, ScriptedServer>;
  readonly performed: Performed[] = [];
  /** Asked before the model performs; `null` = let the model do it. */
  answer: Answerer = () => null;
  readonly #agents: Map<string, SimulatedAgent>;
  /** A command that comes again gets the result that it had, as a real agent's journal keeps it. */
  readonly #results = new Map<string, CommandResult>();
  readonly #atWork = new Map<string, Set<string>>();
  readonly #silent = new Set<string>();
  readonly #knowsOrder: boolean;
  readonly #orderSeen = new Map<string, number>();
  /** The controller's clock minus this one, as agents measure it with each answer. */
  #clockOffsetMs = 0;
  readonly #generation = new Map<string, number>();
  #sequence = 0;
  #stopped = false;
  #loops: Promise<unknown>[] = [];

  /** The first is the primary; the others stream from it. */
  /** `knowsOrder: false`: agents of the release before, which know no numbers of commands. */
  constructor(agents: Map<string, SimulatedAgent>, knowsOrder = true) {
    this.#agents = agents;
    this.#knowsOrder = knowsOrder;
    const names = [...agents.keys()];
    const primary = names[0] ?? '';
    this.servers = new Map(
      names.map((name): [string, ScriptedServer] => [
        name,
        {
          running: true,
          primary: name === primary,
          timeline: 1,
          upstream: name === primary ? null : primary,
          slots: new Set(name === primary ? names.slice(1).map(slotOf) : []),
          synchronous: '',
          authority: { termSeen: 0, role: 'unclaimed', leaderTerm: null, fenced: null },
        },
      ]),
    );
  }

  start(): void {
    for (const [name, agent] of this.#agents) this.#loops.push(this.#report(name, agent), this.#obey(name, agent));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const agent of this.#agents.values()) agent.close();
    await Promise.race([Promise.all(this.#loops), new Promise((resolve) => setTimeout(resolve, STOP_MS))]);
  }

  /** All agents go to another gateway. */
  dial(url: string): void {
    for (const agent of this.#agents.values()) agent.dial(url);
  }

  agent(name: string): SimulatedAgent {
    const agent = this.#agents.get(name);
    if (agent === undefined) throw new Error(`There is no agent of ${name}.`);
    return agent;
  }

  /** The agent's command loop hangs in an answer that never comes: another one takes its place, as after a restart. */
  replace(name: string): void {
    this.#generation.set(name, this.#generationOf(name) + 1);
    this.#loops.push(this.#obey(name, this.agent(name)));
  }

  /** Takes up further commands beside the one in which its loop hangs, as an agent with lanes does. */
  relieve(name: string): void {
    this.#generation.set(name, this.#generationOf(name) + 1);
    this.#loops.push(this.#obey(name, this.agent(name), [...(this.#atWork.get(name) ?? [])]));
  }

  /** The host is gone: neither reports nor commands pass. */
  silence(name: string): void {
    this.#silent.add(name);
    this.#generation.set(name, this.#generationOf(name) + 1);
  }

  revive(name: string): void {
    this.#silent.delete(name);
    this.#loops.push(this.#obey(name, this.agent(name)));
  }

  #generationOf(name: string): number {
    return this.#generation.get(name) ?? 0;
  }

  server(name: string): ScriptedServer {
    const server = this.servers.get(name);
    if (server === undefined) throw new Error(`There is no ${name}.`);
    return server;
  }

  writable(): string[] {
    return [...this.servers].filter(([, { running, primary }]) => running && primary).map(([name]) => name);
  }

  async #report(name: string, agent: SimulatedAgent): Promise<void> {
    let factsSent = false;
    while (!this.#stopped) {
      if (this.#silent.has(name)) {
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
        continue;
      }
      const facts = factsSent ? null : someFacts({ observedAt: new Date().toISOString() });
      const answer = await agent.send(agent.batch([this.#observation(name)], { facts })).catch(() => null);
      if (answer?.status === 200) {
        factsSent = true;
        this.#clockOffsetMs = Date.parse(answer.body.serverTime) - Date.now();
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  async #obey(name: string, agent: SimulatedAgent, have: readonly string[] = []): Promise<void> {
    const generation = this.#generationOf(name);
    while (!this.#stopped && generation === this.#generationOf(name)) {
      const answer = await agent.poll(POLL_MS, have).catch(() => null);
      if (answer?.status !== 200) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        continue;
      }
      // A command that arrives at a host that is gone has not arrived.
      if (generation !== this.#generationOf(name)) return;
      for (const { payload } of answer.body.commands) await this.#perform(name, agent, JSON.parse(payload) as CommandEnvelope);
    }
  }

  async #perform(name: string, agent: SimulatedAgent, envelope: CommandEnvelope): Promise<void> {
    this.#orderSeen.set(name, Math.max(this.#orderSeen.get(name) ?? 0, envelope.order ?? 0));
    const { verb, step, attempt, term, operation, id } = envelope;
    const earlier = this.#results.get(id);
    if (earlier === undefined) this.performed.push({ node: name, verb, step, attempt, term, operation, id });
    const atWork = this.#atWork.get(name) ?? new Set();
    this.#atWork.set(name, atWork.add(id));
    const scripted = earlier ?? (await this.answer(envelope, name));
    atWork.delete(id);
    const result: CommandResult = scripted ?? this.#effect(name, envelope);
    this.#results.set(id, result);
    for (let tries = 0; tries < 100 && !this.#stopped; tries += 1) {
      const answer = await agent.result(envelope, result).catch(() => null);
      if (answer !== null && answer.status < 500) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** By the real rules of leadership, and the model of the verb. */
  #effect(name: string, envelope: CommandEnvelope): CommandResult {
    const server = this.server(name);
    const at = new Date().toISOString();
    const leadership = (): Leadership => ({ ...UNCLAIMED, ...server.authority });
    const note = ({ termSeen, role, leaderTerm, fenced }: Leadership): void => {
      server.authority = { termSeen, role, leaderTerm, fenced };
    };
    note(beforeEffect(leadership(), envelope, name, at));
    const world: ModelWorld = {
      server: this.#modelServer(name),
      unusable: null,
      pooler: () => ({ paused: false, primary: null }),
      enforceLeadership: () => false,
      leads: () => leads(leadership()),
    };
    const result = resultOf(performInModel(envelope.verb, envelope.args, world));
    if (result === null) throw new Error(`The model would wait in ${envelope.verb}.`);
    const inRecovery = server.running ? !server.primary : null;
    if (result.status === 'done') note(afterEffect(leadership(), envelope, { inRecovery, streaming: false }, at));
    return result;
  }

  /** Without WAL: every position is received, and the clock says where it ends. */
  #modelServer(name: string): ModelServer {
    const server = this.server(name);
    return {
      name,
      get process() {
        return server.running ? ('running' as const) : ('stopped' as const);
      },
      get inRecovery() {
        return !server.primary;
      },
      get timeline() {
        return server.timeline;
      },
      get startsAsStandby() {
        return !server.primary;
      },
      report: () => this.#nodeReport(name),
      history: () => [],
      // Told to wait for the end of the stream, it would end with what the primary, stopped at the same time, writes last.
      position: () => (server.primary ? lsnNow() : idleLsnTextAt(Date.now() + STREAM_ENDS_MS)),
      holdsPast: () => true,
      isStreaming: () => true,
      hasStreamEnded: () => true,
      follow: (upstream) => {
        server.upstream = upstream;
        if (upstream !== null) server.timeline = this.server(upstream).timeline;
      },
      setSynchronous: () => undefined,
      makeSlot: (slot) => void server.slots.add(slot),
      dropSlot: (slot) => server.slots.delete(slot),
      holdRestoreCommand: () => undefined,
      checkpoint: () => undefined,
      shutDown: () => {
        server.running = false;
        return lsnNow();
      },
      crash: () => void (server.running = false),
      start: () => void (server.running = true),
      becomeStandby: () => void (server.primary = false),
      promote: () => void Object.assign(server, { primary: true, timeline: server.timeline + 1, upstream: null }),
      keepDiverged: () => {
        throw new Error('The scripted fleet keeps no WAL.');
      },
      copyFrom: () => refused('The scripted fleet copies nothing.'),
      restoreBackup: () => refused('The scripted fleet has no backup.'),
    };
  }

  #nodeReport(name: string): NodeReport {
    const { running, primary, timeline, upstream } = this.server(name);
    const lsn = lsnNow();
    return {
      at: new Date().toISOString(),
      running,
      inRecovery: running ? !primary : null,
      timeline,
      flushLsn: primary ? lsn : null,
      receivedLsn: primary ? null : lsn,
      replayedLsn: primary ? null : lsn,
      receiving: primary ? null : upstream !== null,
      replayPaused: primary ? null : false,
      upstream,
      control: null,
    };
  }

  #observation(name: string): Observation {
    const server = this.server(name);
    const atMs = Date.now();
    this.#sequence += 1;
    const { running, primary, timeline, upstream, slots } = server;
    const followers = [...this.servers].filter(([, other]) => other.running && other.upstream === name).map(([other]) => other);
    const common = {
      timeline,
      downstreams: followers.map((follower) => aDownstream(follower, {}, atMs)),
      slots: [...slots].map((slot) => {
        const active = followers.map(slotOf).includes(slot);
        return aSlot(slot, { active, inactiveSince: active ? null : new Date(atMs).toISOString(), restartLsn: idleLsnTextAt(atMs) });
      }),
    };
    const receiving = upstream !== null && this.server(upstream).running;
    const standby = () => aStandbyPostgres(name, upstream ?? 'nobody', { ...common, ...(receiving ? {} : { walReceiver: null }) }, atMs);
    const postgres = !running ? null : primary ? aPrimaryPostgres(common, atMs) : standby();
    if (postgres?.walReceiver != null) postgres.walReceiver.receivedTimeline = timeline;
    const authority: Authority = {
      ...server.authority,
      ...(this.#knowsOrder ? { commandOrder: this.#orderSeen.get(name) ?? 0 } : {}),
      unusable: null,
      performing: [],
      journal: { sequence: 0, hash: '0'.repeat(64) },
      obstacles: [],
      poolers: [],
      peers: [...this.servers.keys()].filter((other) => other !== name),
    };
    const state = running ? ('accepting' as const) : ('stopped' as const);
    const clock = { offsetMs: this.#clockOffsetMs, uncertaintyMs: 100, chrony: null };
    // As agents try them while they doubt: a host without its server refuses.
    const peerConnections = [...this.servers].flatMap(([other, { running: answers }]) =>
      other === name
        ? []
        : [
            {
              name: other,
              answer: answers ? ('answers' as const) : ('refused' as const),
              at: new Date(atMs).toISOString(),
              since: new Date(atMs - REFUSED_FOR_MS).toISOString(),
            },
          ],
    );
    const over = { clock, sequence: this.#sequence, server: { state, message: null }, postgres, authority, peerConnections };
    return anObservation(over, atMs);
  }
}

const slotOf = (name: string): string => name.replaceAll('-', '_');
/** Within this of each other the two commands of a stage are performed. */
const STREAM_ENDS_MS = 60_000;
/** Longer than a restart takes. */
const REFUSED_FOR_MS = 20_000;
const lsnNow = (): string => idleLsnTextAt(Date.now());
