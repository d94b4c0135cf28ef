/** Brings a former primary back as a standby; what only it has is kept first. On request it is made the primary again. */
import { check } from '../checks/check-making.ts';
import { diskCheck, maintenanceCheck, residencyCheck } from '../checks/checks-of-nodes.ts';
import { synchronousCheck } from '../checks/checks-of-target.ts';
import { roomForTablespaces } from '../checks/tablespace-room.ts';
import { usualChecks } from '../checks/usual-checks.ts';
import { TARGET } from '../fields.ts';
import { defineKind } from '../kind.ts';
import { needs, nodesOfSteps } from '../lanes.ts';
import type { Check, PlanOf } from '../model.ts';
import { clientsWait } from '../outlook/expectations.ts';
import { hasLedger, measuredChange } from '../outlook/measured-change.ts';
import type { MeasuredChange } from '../outlook/measured-change.ts';
import { planReversion, whyNotRevert } from '../plan/plan-reversion.ts';
import type { ReversionRequest } from '../plan/plan-reversion.ts';
import type { Picture, PictureNode } from '../plan/planning-topology.ts';
import { reversionReadiness, rewindObstacles } from '../plan/reversion-readiness.ts';

declare module '../model.ts' {
  interface OperationKinds {
    reversion: { request: ReversionRequest; measured: MeasuredChange };
  }
}

export const reversion = defineKind<'reversion'>({
  kind: 'reversion',
  place: 30,
  words: {
    name: 'Reversion',
    title: 'Revert (bring a former primary back)',
    verb: 'Revert',
    link: 'Revert…',
    linkToNode: 'Revert…',
    help: 'A node that was primary, or has left the history of the cluster, becomes a standby again. Rows that exist only there are saved first.',
  },
  fields: {
    target: { ...TARGET, label: 'Node to bring back' },
    method: {
      field: 'choice',
      label: 'How it comes back',
      readiness: true,
      choices: [
        {
          value: 'rewind',
          label: 'Rewind',
          note: 'Undoes only what diverged (pg_rewind); falls back to a restore, then to a base backup.',
        },
        { value: 're-clone', label: 'Re-clone', note: 'A new base backup of everything.' },
        { value: 'keep', label: 'Keep for inspection', note: 'Rows that exist only there are copied and listed; it stays stopped.' },
      ],
      api: '',
    },
    switchBack: {
      field: 'flag',
      param: 'back',
      label: 'Make it the primary again at the end',
      note: 'A switchover as the last part of this operation.',
      offWith: { field: 'method', value: 'keep', note: 'Not possible for a node that stays stopped.' },
      api: 'make it the primary again',
    },
  },
  targetRule: whyNotRevert,
  plan: planReversion,
  checks: (plan, picture) => usualChecks(plan, picture, 'known', ownChecks(plan, picture)),
  loss: ({ request }) => {
    const back = request.switchBack ? ' The switchover at the end loses no acknowledged row.' : '';
    const sentence = `Rows that exist only on ${request.target} are not on the primary. They are saved and listed before anything is overwritten.${back}`;
    return { sentence, bytes: null, seconds: null, measuredAt: null };
  },
  clients: clientsWait,
  undo: ({ request }, until) =>
    request.method === 'keep'
      ? `${until} ${request.target} stays stopped until it is reverted.`
      : `${until} A directory that is being replaced can’t be restored; it is never started half done.`,
  risks: ({ request: { method, target } }) => {
    const sentence = `The data directory of ${target} is overwritten; rows that exist only there are saved as a loss ledger.`;
    return method === 'keep' ? [] : [{ code: 'directory-overwritten', values: { node: target }, sentence }];
  },
  // A switchover at the end costs what a switchover costs.
  outageLike: ({ switchBack }) => (switchBack ? 'switchover' : 'reversion'),
  measured: measuredChange({ isOrderly: true, until: 'new primary', ledgerNote: ' It is the loss of the earlier change of primary.' }),
  next: (_plan, run) =>
    run.steps.some(({ evidence }) => hasLedger(evidence))
      ? [{ label: 'See the findings', why: 'Open findings of the cluster, if any.', leadsTo: { page: 'findings' } }]
      : [],
  lane: ({ switchBack }) => (switchBack ? 'leadership' : 'node'),
  needs: (made) => (made.request.switchBack ? { has: nodesOfSteps(made), reliesOn: [] } : needs(made, made.request.target)),
  takesOver: false,
  isDangerous: false,
  confirm: () => 'Revert',
});

function ownChecks(plan: PlanOf<'reversion'>, picture: Picture): Check[] {
  const { request } = plan;
  const target = picture.nodes.get(request.target);
  if (target === undefined) return [];
  return [
    ...reversionChecks(request, picture, target),
    ...(request.switchBack ? [residencyCheck(target, picture.input.policy), ...synchronousCheck(plan, picture)] : []),
  ];
}

function reversionChecks({ method }: ReversionRequest, picture: Picture, target: PictureNode): Check[] {
  const readiness = reversionReadiness(picture.input, target.name)[method];
  const about = { id: 'readiness', title: `Revert ${target.name} by ${method}`, threshold: 'no obstacle', node: target };
  // A ladder has further rungs below a rewind: that it looks hopeless is said, and does not block.
  const isUntested = method === 'rewind' && rewindObstacles(target.planning.facts) === null;
  const verdict = readiness.possible && !isUntested ? 'pass' : method === 'rewind' ? 'warn' : 'fail';
  const mend =
    method === 'rewind' ? 'If it fails, the next method is tried: a restore, or a new base backup.' : readiness.reasons.join(' ');
  return [
    check(about, verdict, verdict === 'pass' ? 'no obstacle' : (readiness.reasons[0]?.replace(/\.$/, '') ?? 'unknown'), mend),
    ...(method === 'rewind' ? roomForRewind(target) : []),
    ...(method === 're-clone' ? roomForTablespaces(target, picture) : []),
    maintenanceCheck(target, 'warn'),
  ];
}

/** A full disk is often why the node is down. A new copy empties it first; a rewind does not, and then the next way is tried. */
function roomForRewind(target: PictureNode): Check[] {
  if (target.view === null || target.view.volumes.length === 0) return [];
  const room = diskCheck(target);
  if (room.verdict === 'pass') return [room];
  return [
    { ...room, verdict: 'warn', mend: `A rewind may not fit on the disk: free space on ${target.name} first, or choose the base backup.` },
  ];
}
