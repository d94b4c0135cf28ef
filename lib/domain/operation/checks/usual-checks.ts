/** The checks that kinds share: who leads, whether every agent in the plan can act, who knows whom, which poolers can be steered. */
import type { Check, Plan } from '../model.ts';
import type { Picture } from '../plan/planning-topology.ts';
import { check } from './check-making.ts';
import { actingNodes, agentCheck, clockCheck, peerChecks, poolerChecks } from './checks-of-nodes.ts';

/**
 * `own`: the checks of the kind itself, which stand among them.
 * `leadership: 'open'` = it changes nobody's place, so that it may be open who leads.
 */
export function usualChecks(plan: Plan, picture: Picture, leadership: 'known' | 'open', own: readonly Check[]): Check[] {
  const acting = actingNodes(plan).flatMap((name) => picture.nodes.get(name) ?? []);
  return [
    ...(leadership === 'open' ? [] : [termCheck(picture)]),
    ...acting.map((node) => agentCheck(node, picture.input.nowMs, 'fail')),
    ...own,
    ...peerChecks(plan, picture, 'fail'),
    ...poolerChecks(plan, picture),
    ...acting.map((node) => clockCheck(node, 'fail')),
  ];
}

function termCheck(picture: Picture): Check {
  const { leadership } = picture.input;
  const about = { id: 'term', title: 'Leadership record matches the cluster', threshold: picture.before.primary ?? 'a primary' };
  const holder = leadership?.holder ?? null;
  const mend = `Term ${picture.term} belongs to ${holder ?? 'nobody'}. Wait a few seconds for them to agree; if they do not, fail over or revert.`;
  return check(
    about,
    holder !== null && holder === picture.before.primary ? 'pass' : 'fail',
    `${holder ?? 'nobody'} holds term ${picture.term}`,
    mend,
  );
}
