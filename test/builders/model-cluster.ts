/** As much of a cluster as the steps of a plan change, so that a test can say what they did to it and what a rollback left. */
import type { NodeReport } from '../../lib/agent-contract/node-report.ts';
import type { Plan, StepAction } from '../../lib/domain/operation/model.ts';
import type { ModelServer } from '../verbs/model.ts';
import { performInModel } from '../verbs/perform.ts';

export class ModelCluster {
  readonly upstreams = new Map<string, string>();
  readonly running = new Set<string>();
  readonly primaries = new Set<string>();
  readonly slots = new Set<string>();
  readonly paused = new Set<string>();
  readonly archiveHeld = new Set<string>();
  /** Where each pooler of the plan points. */
  readonly pointed = new Map<string, string | null>();
  readonly synchronous = new Map<string, string>();
  holder: string | null;
  /** Stopped, and not made a standby since: started, they are primaries again. */
  readonly #formerPrimaries = new Set<string>();
  readonly #timelines = new Map<string, number>();
  readonly #timeline: number;
  /** Every promotion, with what was known of the others at that moment. */
  readonly promotions: { node: string; otherPrimaries: string[]; holder: string | null }[] = [];

  constructor(plan: Plan, slots: readonly string[], holder: string) {
    this.holder = holder;
    this.slots = new Set(slots);
    const promotion = plan.steps.flatMap(({ action }) =>
      action.by === 'agent' && action.command.verb === 'promote' ? [action.command.args.timeline] : [],
    );
    this.#timeline = promotion[0] ?? 1;
    for (const { action } of plan.steps) {
      const args = action.by === 'agent' ? action.command.args : {};
      if ('pooler' in args) this.pointed.set(args.pooler, plan.before.primary);
    }
    for (const { name, role, upstream, slot } of plan.before.nodes) {
      if (upstream !== null) this.upstreams.set(name, `${upstream} ${slot}`);
      if (role !== 'down') this.running.add(name);
      if (role === 'primary' || (role === 'unknown' && name === holder)) this.primaries.add(name);
    }
  }

  /** The effect of one action, which may be repeated. */
  apply(action: StepAction): void {
    if (action.by === 'controller') {
      if (action.action.do === 'take-term') this.holder = action.action.holder;
      if (action.action.do === 'open-term') this.holder = null;
      if (action.action.do === 'fence-by-command') this.#stop(action.action.node);
      return;
    }
    if (action.by === 'agent') this.#perform(action.node, action.command);
  }

  #perform(node: string, { verb, args }: Extract<StepAction, { by: 'agent' }>['command']): void {
    const outcome = performInModel(verb, args, {
      server: this.#server(node),
      unusable: null,
      pooler: (name) => this.#pooler(name),
      enforceLeadership: () => false,
      leads: () => this.holder === node,
    });
    // A step that a plan takes in its order is never refused for the state of the node.
    if ('told' in outcome) throw new Error(`${verb} on ${node}: ${outcome.told.reason}`);
  }

  #pooler(name: string): { paused: boolean; primary: string | null } {
    const { paused, pointed } = this;
    return {
      get paused() {
        return paused.has(name);
      },
      set paused(is) {
        if (is) paused.add(name);
        else paused.delete(name);
      },
      get primary() {
        return pointed.get(name) ?? null;
      },
      set primary(node) {
        pointed.set(name, node);
      },
    };
  }

  /** Without WAL and time: every position is received, every stream stands, and has ended for who waits for that. */
  #server(name: string): ModelServer {
    const timelineOf = (): number => this.#timelines.get(name) ?? this.#timeline;
    const { running, primaries } = this;
    return {
      name,
      get process() {
        return running.has(name) ? ('running' as const) : ('stopped' as const);
      },
      get inRecovery() {
        return !primaries.has(name);
      },
      get timeline() {
        return timelineOf();
      },
      startsAsStandby: running.has(name) && !primaries.has(name),
      report: () => ({}) as NodeReport,
      history: () => [],
      position: () => '0/1',
      holdsPast: () => true,
      isStreaming: () => true,
      hasStreamEnded: () => true,
      follow: (upstream, slot) => void (upstream === null ? this.upstreams.delete(name) : this.upstreams.set(name, `${upstream} ${slot}`)),
      setSynchronous: (value) => void (value === null ? this.synchronous.delete(name) : this.synchronous.set(name, value.standbys.join())),
      makeSlot: (slot) => void this.slots.add(`${name} ${slot}`),
      dropSlot: (slot) => this.slots.delete(`${name} ${slot}`),
      holdRestoreCommand: (held) => void (held ? this.archiveHeld.add(name) : this.archiveHeld.delete(name)),
      checkpoint: () => undefined,
      shutDown: () => {
        this.#stop(name);
        return '0/1';
      },
      crash: () => this.#stop(name),
      start: () => {
        if (this.#formerPrimaries.delete(name)) {
          if (this.holder !== name) throw new Error(`${name} would be started as primary, but ${this.holder ?? 'nobody'} holds the term.`);
          primaries.add(name);
        }
        running.add(name);
      },
      becomeStandby: () => void this.#formerPrimaries.delete(name),
      promote: () => {
        this.promotions.push({ node: name, otherPrimaries: [...primaries].filter((other) => other !== name), holder: this.holder });
        primaries.add(name);
        this.upstreams.delete(name);
        this.#timelines.set(name, timelineOf() + 1);
      },
      keepDiverged: () => ({}) as never,
      copyFrom: () => null,
      restoreBackup: () => null,
    };
  }

  #stop(node: string): void {
    this.running.delete(node);
    if (this.primaries.delete(node)) this.#formerPrimaries.add(node);
  }

  /** All of it as a value, to compare two moments. */
  state(): unknown {
    const sorted = (values: Iterable<unknown>) => [...values].map(String).toSorted();
    return {
      upstreams: sorted(this.upstreams),
      running: sorted(this.running),
      primaries: sorted(this.primaries),
      slots: sorted(this.slots),
      paused: sorted(this.paused),
      archiveHeld: sorted(this.archiveHeld),
      pointed: sorted(this.pointed),
      synchronous: sorted(this.synchronous),
      holder: this.holder,
    };
  }
}
