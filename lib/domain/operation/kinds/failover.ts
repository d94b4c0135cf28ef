/** Unplanned change of primary: the old one is fenced, and the most advanced standby takes over. May lose data. */
import { failoverChecks } from '../checks/checks-of-failover.ts';
import { defineKind } from '../kind.ts';
import { nodesOfSteps } from '../lanes.ts';
import type { Plan } from '../model.ts';
import { clientsWait, holdsClients, stopsWrites } from '../outlook/expectations.ts';
import { failoverLoss, failoverRisks } from '../outlook/failover-loss.ts';
import { lossFigures } from '../outlook/loss-figures.ts';
import { measuredChange } from '../outlook/measured-change.ts';
import type { MeasuredChange } from '../outlook/measured-change.ts';
import { planFailover, whyNotTakeOver } from '../plan/plan-failover.ts';
import type { FailoverRequest } from '../plan/plan-failover.ts';

declare module '../model.ts' {
  interface OperationKinds {
    failover: { request: FailoverRequest; measured: MeasuredChange };
  }
}

export const failover = defineKind<'failover'>({
  kind: 'failover',
  place: 20,
  words: {
    name: 'Failover',
    title: 'Fail over (may lose data)',
    verb: 'Fail over',
    link: 'Fail over…',
    linkToNode: 'Fail over to it…',
    help: 'The primary is gone: it is fenced, and the most advanced standby is promoted. WAL that it had not sent is lost.',
  },
  fields: {
    target: {
      field: 'target',
      label: 'New primary',
      open: {
        label: 'The most advanced standby',
        note: 'Chosen once every reachable standby has stopped receiving and reported its LSN.',
      },
      api: 'may be `null` (the most advanced standby)',
    },
    fence: {
      field: 'choice',
      label: 'How the old primary is fenced',
      readiness: false,
      choices: [
        { value: 'agent', label: 'Its agent stops it and proves it', note: 'Needs the agent of the old primary to be reachable.' },
        {
          value: 'command',
          label: 'By the fence command',
          note: 'The command that is configured on the controller (FARSHORE_FENCE_COMMAND).',
        },
        {
          value: 'override',
          label: 'I state that it is off',
          note: 'No proof. Recorded with your name. If it still runs, two nodes may accept writes.',
          personOnly:
            'An API token can’t state that the old primary is off. A person must request this failover, or it must be fenced with proof.',
        },
      ],
      api: '',
    },
  },
  targetRule: whyNotTakeOver,
  plan: planFailover,
  checks: failoverChecks,
  loss: failoverLoss,
  clients: clientsOfLostPrimary,
  undo: (_plan, until) => `${until} After that it can’t be undone; a reversion brings the old primary back.`,
  risks: failoverRisks,
  outageLike: () => 'failover',
  measured: measuredChange({ isOrderly: false, until: 'new primary', ledgerNote: '' }),
  next: (plan) => {
    const old = fencedNode(plan);
    if (old === null) return [];
    const why = `${old} is out of the cluster. Rows that exist only there are saved first, then it is brought back.`;
    return [{ label: `Revert ${old}…`, why, leadsTo: { request: { kind: 'reversion', target: old } } }];
  },
  lane: () => 'leadership',
  needs: (made) => ({ has: [...new Set([...nodesOfSteps(made), fencedNode(made) ?? ''])].filter((name) => name !== ''), reliesOn: [] }),
  takesOver: true,
  isDangerous: true,
  confirm: (loss) => `Fail over (may lose ${lossFigures(loss)})`,
});

function clientsOfLostPrimary(plan: Plan): string {
  if (!stopsWrites(plan)) return clientsWait(plan);
  return holdsClients(plan)
    ? 'Open transactions fail. Clients of the pooler get errors or wait until it points at the new primary; those that connect directly must connect again.'
    : 'Open transactions fail, and clients must connect again. The agents’ health ports tell a load balancer which node is primary.';
}

/** The node that it put out of the cluster. A primary that is dead when the plan is made is not seen as primary any more. */
function fencedNode(plan: Plan): string | null {
  for (const { action } of plan.steps) {
    if (action.by === 'agent' && action.command.verb === 'fence') return action.node;
    if (action.by === 'controller' && action.action.do === 'fence-by-command') return action.action.node;
  }
  return plan.before.primary ?? plan.after.nodes.find(({ role }) => role === 'down')?.name ?? null;
}
