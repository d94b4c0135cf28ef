/** Checks that each agent knows what a plan will ask of it. An agent may be older than the controller. */
import { CHOSEN } from '../model.ts';
import type { Check, Plan, StepAction } from '../model.ts';
import type { Picture } from '../plan/planning-topology.ts';
import { listed } from '../plan/planned.ts';
import { check } from './check-making.ts';

/** One that passes, or one for each node whose agent has to be updated. What an agent that was never seen knows is another check's matter. */
export function verbChecks(plan: Plan, picture: Picture): Check[] {
  const missing = [...verbsByNode(plan)].flatMap(([name, wanted]) => {
    const node = picture.nodes.get(name);
    const known = node?.planning.facts?.verbs;
    const lacks = known === undefined ? [] : [...wanted].filter((verb) => !known.includes(verb));
    return node === undefined || lacks.length === 0 ? [] : [{ node, lacks }];
  });
  if (missing.length === 0) {
    const about = { id: 'verbs', title: 'Each agent knows its commands', threshold: 'all known' };
    return [check(about, 'pass', 'all known', '')];
  }
  return missing.map(({ node, lacks }) =>
    check(
      { id: `verbs-${node.name}`, title: `The agent of ${node.name} knows its commands`, threshold: 'all known', node },
      'fail',
      `version ${node.planning.facts?.agentVersion ?? 'unknown'} does not know ${listed(lacks)}`,
      `Update the agent of ${node.name}.`,
    ),
  );
}

/** The chosen standby stands for every standby. */
function verbsByNode(plan: Plan): Map<string, Set<string>> {
  const standbys = plan.before.nodes.filter(({ role }) => role === 'standby').map(({ name }) => name);
  const wanted = new Map<string, Set<string>>();
  const add = (action: StepAction | null): void => {
    if (action?.by !== 'agent') return;
    for (const name of action.node === CHOSEN ? standbys : [action.node])
      wanted.set(name, (wanted.get(name) ?? new Set()).add(action.command.verb));
  };
  for (const { action, undo } of plan.steps) {
    add(action);
    add(undo);
  }
  return wanted;
}
