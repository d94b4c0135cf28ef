/** Fills in what a plan could not know: who was chosen, and what earlier steps proved. */
import { CHOSEN } from '../model.ts';
import type { ForkOf, FromStep, Plan, Received, Run, Step, StepAction } from '../model.ts';
import type { VerbEvidence } from '../../../agent-contract/verbs.ts';
import { whyNotFenced } from '../../leadership/witnesses.ts';
import { formatLsn, parseLsnOrNull } from '../../postgres/lsn.ts';
import { findFork } from '../plan/fork.ts';
import type { History } from '../plan/fork.ts';
import { slotNameOf } from '../../topology/sighting.ts';

/** A step needs a value that no earlier step proved. */
export class MissingEvidence extends Error {
  override name = 'MissingEvidence';
}

/**
 * The action of a step, or its undo, with names and values in place. Throws MissingEvidence when the candidate or a needed value is
 * unknown yet.
 */
export function resolveAction(plan: Plan, run: Run, step: Step | string, undo = false): StepAction {
  const found = typeof step === 'string' ? plan.steps.find(({ id }) => id === step) : step;
  if (found === undefined) throw new RangeError(`The plan has no step “${String(step)}”.`);
  const action = undo ? found.undo : found.action;
  if (action === null) throw new RangeError(`${found.id} has no undo.`);
  return withLate(withChosen(action, run, found.id), plan, run, found.id);
}

/** With the chosen node's name, and the number of the attempt. */
export function waitingSentence(step: Step, run: Run): string {
  const state = run.steps.find(({ id }) => id === step.id);
  const text = step.waitsFor.replaceAll(CHOSEN, run.chosen ?? 'the chosen standby');
  if (state?.status === 'undoing') return `Taking “${step.title}” back.`;
  return state !== undefined && state.tries > 1 ? `${text} (attempt ${state.tries} of ${step.attemptsMax})` : text;
}

/** Why it is not proven that this WAL was received, as a sentence; `null` = it is. */
export function whyNotReceived(plan: Plan, run: Run, { received, past }: Received): string | null {
  const [have = null, must = null] = [received, past].map((from) => parsedLsn(evidenceAt(plan, run, from)));
  if (have === null || must === null)
    return `Whether the last WAL was received is unknown: ${have === null ? received.step : past.step} did not prove a position.`;
  // Strictly past: the position is where the last record begins, and it must be there whole.
  if (have > must) return null;
  return `The standby holds WAL up to ${formatLsn(have)}, and not past the shutdown checkpoint at ${formatLsn(must)}: its stream ended before the last WAL came.`;
}

/** Why the old primary does not count as fenced by what its own agent said, from what the standbys found; `null` = it does, or was fenced otherwise. */
export function whyNotFencedBy(
  plan: Plan,
  promises: readonly ({ node: string } & Pick<VerbEvidence<'promise'>, 'peers'>)[],
): string | null {
  const fence = plan.steps.find(({ action }) => action.by === 'agent' && action.command.verb === 'fence')?.action;
  if (fence?.by !== 'agent') return null;
  const reports = promises.map(({ node, peers }) => ({ node, answer: peers?.find(({ name }) => name === fence.node)?.answer ?? null }));
  return whyNotFenced(fence.node, reports);
}

function withChosen(action: StepAction, run: Run, stepId: string): StepAction {
  if (!mentionsChosen(action)) return action;
  if (run.chosen === null) throw new MissingEvidence(`${stepId} needs the chosen standby, and none is chosen yet.`);
  return withoutItself(replaceChosen(action, run.chosen) as StepAction, run.chosen);
}

const mentionsChosen = (value: unknown): boolean =>
  value === CHOSEN || (typeof value === 'object' && value !== null && Object.values(value).some(mentionsChosen));

function replaceChosen(value: unknown, chosen: string): unknown {
  if (value === CHOSEN) return chosen;
  if (Array.isArray(value)) return value.map((item) => replaceChosen(item, chosen));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceChosen(item, chosen)]));
}

/** A plan lists all standbys, since it can't know who will be chosen: the chosen one keeps no slot for itself and waits for no commit of its own. */
function withoutItself(action: StepAction, chosen: string): StepAction {
  if (action.by !== 'agent') return action;
  const { command } = action;
  if (command.verb === 'prepare-slots') {
    // Late values are found by place, so that the list must keep it: `withLate` runs on what is left.
    const kept = command.args.slots.map((slot, index) => ({ slot, index })).filter(({ slot }) => slot.name !== slotNameOf(chosen));
    const late = Object.entries(action.late ?? {}).flatMap(([key, from]): [string, FromStep | ForkOf][] => {
      const place = kept.findIndex(({ index }) => key.startsWith(`slots.${index}.`));
      return place === -1 ? [] : [[key.replace(/^slots\.\d+/, `slots.${place}`), from]];
    });
    return { ...action, late: Object.fromEntries(late), command: { verb: command.verb, args: { slots: kept.map(({ slot }) => slot) } } };
  }
  if (command.verb === 'set-synchronous' && command.args.synchronous !== null) {
    const { method, required, standbys } = command.args.synchronous;
    const others = standbys.filter((name) => name !== chosen);
    const synchronous = others.length === 0 ? null : { method, required: Math.min(required, others.length), standbys: others };
    return { ...action, command: { verb: command.verb, args: { synchronous } } };
  }
  return action;
}

function withLate(action: StepAction, plan: Plan, run: Run, stepId: string): StepAction {
  if (action.by !== 'agent' || action.late === undefined) return action;
  const args = structuredClone(action.command.args) as Record<string, unknown>;
  for (const [key, from] of Object.entries(action.late)) {
    const value = 'fork' in from ? forkAt(plan, run, from, stepId) : evidenceAt(plan, run, from);
    if (value !== null) put(args, key.split('.'), value);
    else if ('fork' in from || from.optional !== true) {
      const what = 'fork' in from ? `the ${from.fork} of the fork from ${from.of}` : `“${from.path.join('.')}” from ${from.step}`;
      throw new MissingEvidence(`${stepId} needs ${what}, which did not prove it.`);
    }
  }
  const { late: _filled, ...rest } = action;
  return { ...rest, command: { ...action.command, args } as typeof action.command };
}

function forkAt(plan: Plan, run: Run, { fork, of, against }: ForkOf, stepId: string): unknown {
  const [own, theirs] = [of, against].map((step) => historyAt(plan, run, step));
  if (own == null || theirs == null) return null;
  const found = findFork(own, theirs);
  if (found === null) throw new MissingEvidence(`${stepId} can’t tell where the histories parted: they have no timeline in common.`);
  return found[fork];
}

/** Of a server that is stopped, pg_control says on which timeline it stands. */
function historyAt(plan: Plan, run: Run, step: string): History | null {
  const { report, history } = (evidenceAt(plan, run, { step, path: [] }) ?? {}) as Partial<VerbEvidence<'report'>>;
  const timeline = report?.timeline ?? report?.control?.timeline ?? null;
  if (timeline === null) return null;
  // The first timeline has no history file; any other without one is unknown.
  return history == null && timeline > 1 ? null : { timeline, ancestors: history ?? [] };
}

/** `null` = the step did not run, was rolled back, or its evidence does not say. */
function evidenceAt(plan: Plan, run: Run, { step, path }: FromStep): unknown {
  const state = run.steps[plan.steps.findIndex(({ id }) => id === step)];
  if (state?.status !== 'done') return null;
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key] ?? null, state.evidence);
}

const parsedLsn = (value: unknown): bigint | null => (typeof value === 'string' ? parseLsnOrNull(value) : null);

function put(target: Record<string, unknown>, [key, ...rest]: string[], value: unknown): void {
  if (key === undefined) return;
  if (rest.length === 0) target[key] = value;
  else put(target[key] as Record<string, unknown>, rest, value);
}
