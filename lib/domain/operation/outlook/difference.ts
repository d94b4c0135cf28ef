/**
 * Describes the differences between two plans, for a person who saw (or approved) the earlier one. Two plans equal in essence do the same.
 * The essence leaves out whether a slot is created or advanced, and so whether a rollback drops it: slots move for a second or two after a
 * change of primary, and agents create missing ones anyway. It leaves out whether a node without a part in replication is stopped or not
 * seen, and with it whether a rolled-back failover starts the old primary again: a failover must not be refused because its primary, just
 * killed, is by now known to be down.
 */
import type { Plan, PlanDifference, PlannedNode, PlannedTopology, Step } from '../model.ts';
import { withoutWords } from '../plan/bound.ts';
import { capital, synchronousText } from '../plan/steps.ts';

/** From `a`, the earlier, to `b`, the one that would be made now. Empty = they are equal. */
export function comparePlans(a: Plan, b: Plan): PlanDifference {
  const sentences = [
    ...differenceOfRequests(a, b),
    ...(a.term === b.term ? [] : [`The term is now ${b.term} (was ${a.term}): the leadership has changed since.`]),
    ...(a.before.primary === b.before.primary ? [] : [`The primary is now ${named(b.before.primary)} (was ${named(a.before.primary)}).`]),
    ...differenceOfNodes(a.before.nodes, b.before.nodes),
    ...differenceOfSynchronous(a, b),
    ...(a.approvalsRequired === b.approvalsRequired
      ? []
      : [`It now needs ${approvals(b.approvalsRequired)} (was ${a.approvalsRequired}).`]),
    ...differenceOfSteps(a, b),
  ];
  // Whatever else the plans do differently must not pass as equal: their hashes differ.
  return { sentences: sentences.length === 0 && inOrder(withoutWords(a)) !== inOrder(withoutWords(b)) ? whatElse(a, b) : sentences };
}

/** The plan without its words, and without what changes nothing that is done (see above). */
export function essenceOf(plan: Plan): Plan {
  const steps = plan.steps.map(inPresentForm).map((step) => {
    const verb = step.action.by === 'agent' ? step.action.command.verb : null;
    if (verb === 'prepare-slots') return { ...step, undo: null };
    if (verb !== 'fence') return step;
    const { undoAfter: _undoAfter, ...kept } = step;
    return { ...kept, undo: null };
  });
  return { ...plan, planVersion: 2, before: outOfSightIsDown(plan.before), after: outOfSightIsDown(plan.after), steps };
}

/** In plans of version 1 a rung was named by its words. */
const RUNG_BEFORE: Readonly<Record<string, string>> = {
  'the rewind': 'rewind',
  'the restore': 'restore',
  'the base backup': 'base-backup',
};
const inPresentForm = (step: Step): Step => (step.rung === undefined ? step : { ...step, rung: RUNG_BEFORE[step.rung] ?? step.rung });

const outOfSightIsDown = (topology: PlannedTopology): PlannedTopology => ({
  ...topology,
  nodes: topology.nodes.map((node) => (node.role === 'unknown' ? { ...node, role: 'down' } : node)),
});

/** True if an agreement to `seen` holds for `now` too. */
export const isSamePlan = (seen: Plan, now: Plan): boolean => essenceText(seen) === essenceText(now) && !wouldDropForeignSlot(seen, now);

/** The essence as text: equal for plans that do the same. */
const essenceText = (plan: Plan): string => inOrder(withoutWords(essenceOf(plan)));

/** As text with the keys in order: a plan that was stored comes back with its keys in another one. */
const inOrder = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** Taking `approved` back would drop a slot that it did not make: `fresh`, planned now, finds it there. Then the two are not the same. */
export function wouldDropForeignSlot(approved: Plan, fresh: Plan): boolean {
  return approved.steps.some((step) => {
    if (step.undo === null || step.action.by !== 'agent' || step.action.command.verb !== 'prepare-slots') return false;
    return fresh.steps.find(({ id }) => id === step.id)?.undo === null;
  });
}

const named = (name: string | null): string => name ?? 'nobody';
const approvals = (count: number): string => (count === 1 ? '1 approval' : `${count} approvals`);

function differenceOfRequests(a: Plan, b: Plan): string[] {
  if (JSON.stringify(a.request) === JSON.stringify(b.request)) return [];
  if (a.request.kind !== b.request.kind) return [`It is now a ${b.request.kind} (was a ${a.request.kind}).`];
  return a.request.target === b.request.target
    ? ['Something else is asked for the same target: compare the options.']
    : [`The target is now ${b.request.target ?? 'the most advanced standby'} (was ${a.request.target ?? 'the most advanced standby'}).`];
}

const ROLE_PHRASE: Record<PlannedNode['role'], string> = {
  primary: 'the primary',
  standby: 'a standby',
  down: 'down',
  unknown: 'not seen',
};

function differenceOfNodes(a: readonly PlannedNode[], b: readonly PlannedNode[]): string[] {
  const [before, now] = [new Map(a.map((node) => [node.name, node])), new Map(b.map((node) => [node.name, node]))];
  const names = [...new Set([...before.keys(), ...now.keys()])];
  return names.flatMap((name) => {
    const [was, is] = [before.get(name), now.get(name)];
    if (was === undefined) return [`${name} is new in the cluster.`];
    if (is === undefined) return [`${name} is no longer in the cluster.`];
    if (was.role !== is.role) return [`${name} is now ${ROLE_PHRASE[is.role]} (was ${ROLE_PHRASE[was.role]}).`];
    if (was.upstream !== is.upstream) return [`${name} now streams from ${named(is.upstream)} (was ${named(was.upstream)}).`];
    if (was.slot !== is.slot) return [`${name} now streams through ${is.slot ?? 'no slot'} (was ${was.slot ?? 'no slot'}).`];
    return [];
  });
}

function differenceOfSynchronous(a: Plan, b: Plan): string[] {
  const [was, is] = [a.before.synchronous, b.before.synchronous];
  if (JSON.stringify(was) === JSON.stringify(is)) return [];
  return [`Commits now wait for ${synchronousText(is)} (was ${synchronousText(was)}).`];
}

/** Only where nothing above explains it would a list of steps help; it is short in any case. */
function differenceOfSteps(a: Plan, b: Plan): string[] {
  const [was, is] = [new Map(a.steps.map(({ id, title }) => [id, title])), new Map(b.steps.map(({ id, title }) => [id, title]))];
  const added = [...is].filter(([id]) => !was.has(id)).map(([, title]) => `New step: ${title}.`);
  const gone = [...was].filter(([id]) => !is.has(id)).map(([, title]) => `No longer a step: ${title}.`);
  return [...added, ...gone];
}

const STEPS_NAMED_MAX = 4;
const TEXT_MAX = 160;
/** In the order in which they matter to a reader; of one step the first that differs is told. */
const PARTS_OF_STEP: readonly (readonly [keyof Step, string])[] = [
  ['action', 'what is asked'],
  ['skipWhenChosen', 'for whom it is skipped'],
  ['stage', 'its stage'],
  ['phase', 'its phase'],
  ['onFailure', 'what follows when it fails'],
  ['ladder', 'its group of methods'],
  ['rung', 'its method'],
  ['undo', 'how it is rolled back'],
  ['undoAfter', 'what is rolled back before it'],
  ['deadlineMs', 'its deadline in ms'],
  ['attemptsMax', 'how often it is tried'],
];
const PARTS_OF_PLAN: readonly (readonly [keyof Plan, string])[] = [
  ['after', 'the cluster afterwards'],
  ['pointOfNoReturn', 'the point of no return'],
];

/** Where the outlines agree: the steps that differ, by name, with what differs in them. */
function whatElse(a: Plan, b: Plan): string[] {
  const earlier = new Map(a.steps.map((step) => [step.id, step]));
  const steps = b.steps.flatMap((step) => {
    const part = PARTS_OF_STEP.find(([key]) => inOrder(earlier.get(step.id)?.[key]) !== inOrder(step[key]));
    return part === undefined ? [] : [`Step “${step.title}”: ${changed(part[1], earlier.get(step.id)?.[part[0]], step[part[0]])}`];
  });
  const parts = PARTS_OF_PLAN.flatMap(([key, words]) =>
    inOrder(a[key]) === inOrder(b[key]) ? [] : [capital(changed(words, a[key], b[key]))],
  );
  const more = steps.length - STEPS_NAMED_MAX;
  const named = [...steps.slice(0, STEPS_NAMED_MAX), ...(more > 0 ? [`So do ${more} more steps.`] : [])];
  const all = named.length > 0 ? named : parts;
  return all.length > 0 ? all : ['The steps come in another order than before.'];
}

const changed = (what: string, was: unknown, is: unknown): string => `${what} is now ${inWords(is)} (was ${inWords(was)}).`;

function inWords(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = typeof value === 'string' ? `“${value}”` : actionText(value);
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}…`;
}

/** Of an agent's command its name, node and arguments; anything else as it is written. */
function actionText(value: unknown): string {
  const { by, node, command } = value as { by?: unknown; node?: string; command?: { verb: string; args: unknown } };
  if (by !== 'agent' || command === undefined) return JSON.stringify(value);
  const args = JSON.stringify(command.args);
  return `${command.verb} on ${node}${args === '{}' ? '' : ` with ${args}`}`;
}
