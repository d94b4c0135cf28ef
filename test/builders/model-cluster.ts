/** As much of a cluster as the steps of a plan change, so that a test can say what they did to it and what a rollback left. */
import type { Plan, StepAction } from '../../lib/domain/operation/model.ts';

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
  /** Every promotion, with what was known of the others at that moment. */
  readonly promotions: { node: string; otherPrimaries: string[]; holder: string | null }[] = [];

  constructor(plan: Plan, slots: readonly string[], holder: string) {
    this.holder = holder;
    this.slots = new Set(slots);
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

  #perform(node: string, command: Extract<StepAction, { by: 'agent' }>['command']): void {
    switch (command.verb) {
      case 'prepare-slots':
        for (const { name } of command.args.slots) this.slots.add(`${node} ${name}`);
        return;
      case 'drop-slot':
        this.slots.delete(`${node} ${command.args.slot}`);
        return;
      case 'set-synchronous':
        if (command.args.synchronous === null) this.synchronous.delete(node);
        else this.synchronous.set(node, command.args.synchronous.standbys.join());
        return;
      case 'follow':
        this.upstreams.set(node, `${command.args.upstream} ${command.args.slot}`);
        return;
      case 'start-standby':
        this.upstreams.set(node, `${command.args.upstream} ${command.args.slot}`);
        this.running.add(node);
        return;
      case 'promise':
        this.upstreams.delete(node);
        return;
      case 'hold-archive-restore':
        if (command.args.held) this.archiveHeld.add(node);
        else this.archiveHeld.delete(node);
        return;
      case 'pooler-pause':
        this.paused.add(command.args.pooler);
        return;
      case 'pooler-point':
        if (!this.paused.has(command.args.pooler)) throw new Error(`${command.args.pooler} would be pointed elsewhere without a pause.`);
        this.pointed.set(command.args.pooler, command.args.primary);
        return;
      case 'pooler-switch':
        this.pointed.set(command.args.pooler, command.args.primary);
        this.paused.delete(command.args.pooler);
        return;
      case 'pooler-resume':
        this.paused.delete(command.args.pooler);
        return;
      case 'stop-primary':
      case 'fence':
        this.#stop(node);
        return;
      case 'start-primary':
        if (this.holder !== node) throw new Error(`${node} would be started as primary, but ${this.holder ?? 'nobody'} holds the term.`);
        this.running.add(node);
        this.primaries.add(node);
        return;
      case 'promote':
        this.promotions.push({ node, otherPrimaries: [...this.primaries].filter((name) => name !== node), holder: this.holder });
        this.primaries.add(node);
        this.upstreams.delete(node);
        for (const pooler of command.args.resume ?? []) if (this.pointed.get(pooler) === node) this.paused.delete(pooler);
        return;
      default:
    }
  }

  #stop(node: string): void {
    this.running.delete(node);
    this.primaries.delete(node);
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
