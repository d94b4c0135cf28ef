/** A person confirms a promotion that was made past Farshore and that no third node witnesses (docs/decisions/0032). */
import { check } from '../checks/check-making.ts';
import { usualChecks } from '../checks/usual-checks.ts';
import { TARGET } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { Check, PlanOf } from '../model.ts';
import { clientsWait } from '../outlook/expectations.ts';
import { measuredChange } from '../outlook/measured-change.ts';
import type { MeasuredChange } from '../outlook/measured-change.ts';
import type { Planned } from '../plan/planned.ts';
import { impossible } from '../plan/planned.ts';
import type { Picture } from '../plan/planning-topology.ts';
import { asPrimary, topologyAfter } from '../plan/planning-topology.ts';
import type { Draft } from '../plan/steps.ts';
import { inStages, takeTerm } from '../plan/steps.ts';
import type { Risk } from '../risks.ts';
import { roleWord, targetOf } from '../target.ts';
import type { Target } from '../target.ts';

interface Request {
  target: string;
}
declare module '../model.ts' {
  interface OperationKinds {
    'confirm-promotion': { request: Request; measured: MeasuredChange };
  }
}

export const confirmPromotion = defineKind<'confirm-promotion'>({
  kind: 'confirm-promotion',
  place: 45,
  words: {
    name: 'Confirm promotion',
    title: 'Confirm a promotion made outside',
    verb: 'Confirm',
    link: 'Confirm the promotion…',
    linkToNode: 'Confirm the promotion…',
    help: 'A node was promoted past Farshore, and no third node witnesses it. You state that it leads: the leadership record follows, and a node that accepts writes beside it is fenced.',
  },
  fields: { target: { ...TARGET, label: 'Node that was promoted' } },
  targetRule: whyNotConfirm,
  plan,
  checks: (made, picture) => usualChecks(made, picture, 'open', [claimCheck(made, picture)]),
  loss: (made) => ({
    sentence: `Nothing is deleted. What the former primary committed and ${made.request.target} has not received stays on the former primary only.`,
    bytes: null,
    seconds: null,
    measuredAt: null,
  }),
  clients: clientsWait,
  undo: () => 'A term is never rolled back. If it was wrong, switch over or fail over to the right node.',
  risks: (made, { leadership }): Risk[] => {
    const former = leadership?.holder ?? null;
    if (former === null || former === made.request.target) return [];
    const sentence = `${former} is not the primary any more: I state it. If it accepts writes it is fenced, and rows that only it has are lost to ${made.request.target}.`;
    return [{ code: 'promotion-confirmed', values: { node: made.request.target, former }, sentence }];
  },
  outageLike: () => 'confirm-promotion',
  measured: measuredChange({ isOrderly: false, until: 'new primary', ledgerNote: '' }),
  next: () => [],
  lane: () => 'leadership',
  needs: (made) => ({ has: [made.request.target], reliesOn: [] }),
  takesOver: false,
  isDangerous: true,
  confirm: () => 'Confirm the promotion',
});

function whyNotConfirm({ name, role }: Target): string[] {
  return role === 'primary' ? [] : [`${name} is ${roleWord(role)}: only a node that is seen out of recovery can be confirmed as primary.`];
}

function plan({ target }: Request, picture: Picture): Planned {
  const { view, leadership } = picture.input;
  const reasons = [
    ...whyNotConfirm(targetOf(view, target)),
    ...(leadership?.holder === target ? [`${target} holds term ${leadership.term} already: there is nothing to confirm.`] : []),
  ];
  if (reasons.length > 0) return impossible(...reasons);
  const former = leadership?.holder ?? null;
  const step: Draft = {
    ...takeTerm(target),
    title: `Record ${target} as the holder of the next term`,
    does: `The next term is written with ${target} as its holder, by your word. Agents are told of it; a node that accepts writes beside ${target} is fenced.`,
    worst: 'The record names the new holder, and agents are not told yet.',
  };
  return {
    summary: `${target} is recorded as primary${former === null ? '' : ` in place of ${former}`}.`,
    after: topologyAfter(picture.before, target, picture.before.synchronous, {
      [target]: asPrimary,
      ...(former === null ? {} : { [former]: { role: 'down', upstream: null, slot: null } }),
    }),
    steps: inStages([['critical', [step]]]),
    pointOfNoReturn: 1,
  };
}

/** A promotion leaves a timeline behind: a node on that of the record was not promoted. */
function claimCheck(made: PlanOf<'confirm-promotion'>, picture: Picture): Check {
  const node = picture.nodes.get(made.request.target) ?? null;
  const [own, recorded] = [node?.view?.timeline ?? null, picture.input.leadership?.timeline ?? null];
  const isLater = own !== null && (recorded === null || own > recorded);
  return check(
    { id: 'promotion-seen', title: `${made.request.target} was promoted`, threshold: `above timeline ${recorded ?? 'unknown'}`, node },
    isLater ? 'pass' : own === null ? 'unknown' : 'fail',
    `timeline ${own ?? 'unknown'}`,
    'A promotion begins a new timeline. This node says that it accepts writes on the old one: its agent or its server is not as it says. Look at the host.',
  );
}
