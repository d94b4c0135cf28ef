/** Restarts the server of one node, so that settings which need it take effect. */
import { directoryCheck, diskCheck, maintenanceCheck } from '../checks/checks-of-nodes.ts';
import { usualChecks } from '../checks/usual-checks.ts';
import { TARGET } from '../fields.ts';
import { defineKind } from '../kind.ts';
import { needs } from '../lanes.ts';
import { NOTHING_LOST, WRITES_GO_ON, clientsWait, stopsWrites } from '../outlook/expectations.ts';
import { measuredChange } from '../outlook/measured-change.ts';
import type { MeasuredChange } from '../outlook/measured-change.ts';
import { DEADLINES_MS } from '../plan/deadlines.ts';
import type { Planned } from '../plan/planned.ts';
import { impossible } from '../plan/planned.ts';
import type { Picture } from '../plan/planning-topology.ts';
import { poolerAgent } from '../plan/planning-topology.ts';
import type { Draft } from '../plan/steps.ts';
import { NOTHING_TO_UNDO, ask, checkpoint, inStages, pausePooler, seeStreaming, seeWritable, stageOf } from '../plan/steps.ts';
import { targetOf } from '../target.ts';
import type { Target } from '../target.ts';

interface Request {
  target: string;
}
declare module '../model.ts' {
  interface OperationKinds {
    restart: { request: Request; measured: MeasuredChange };
  }
}

export const restart = defineKind<'restart'>({
  kind: 'restart',
  place: 70,
  words: {
    name: 'Restart',
    title: 'Restart PostgreSQL',
    verb: 'Restart',
    link: 'Restart…',
    linkToNode: 'Restart…',
    help: 'Restarts the server of one node, so that settings that need it take effect. On the primary, writes wait until it is back.',
  },
  fields: { target: { ...TARGET, label: 'Node' } },
  targetRule: whyNotRestart,
  plan,
  checks: (made, picture) => {
    const target = picture.nodes.get(made.request.target);
    const own = target === undefined ? [] : [maintenanceCheck(target, 'warn'), diskCheck(target), directoryCheck(target)];
    return usualChecks(made, picture, 'open', own);
  },
  loss: () => ({ ...NOTHING_LOST, sentence: 'No data is touched on the primary.' }),
  clients: (made) => (stopsWrites(made) ? clientsWait(made) : `${WRITES_GO_ON} Readers on this standby are disconnected.`),
  undo: (_plan, until) => `${until} A restart leaves nothing to undo.`,
  risks: () => [],
  outageLike: () => 'restart',
  measured: measuredChange({ isOrderly: true, until: 'primary', ledgerNote: '' }),
  next: () => [],
  lane: () => 'node',
  needs: (made) => needs(made, made.request.target),
  takesOver: false,
  isDangerous: false,
  confirm: () => 'Restart',
});

function whyNotRestart({ name, role }: Target): string[] {
  if (role === 'unknown') return [`${name} is not seen now, so it can’t be restarted from here.`];
  return role === 'down' ? [`${name} is down: a restart would start it unchecked. Revert it, or start it on its host.`] : [];
}

function plan({ target }: Request, picture: Picture): Planned {
  const { planned } = picture.nodes.get(target)!;
  const reasons = whyNotRestart(targetOf(picture.input.view, target));
  if (reasons.length > 0) return impossible(...reasons);
  const step: Draft = {
    id: `restart-${target}`,
    title: `Restart ${target}`,
    does: `PostgreSQL on ${target} is shut down (fast) and started in the same role.`,
    verifiedBy: 'The server answers, in the same role, and its start time is new.',
    worst: `${target} stays down. ${planned.role === 'primary' ? 'Nothing can be written until it is up.' : 'One standby less.'}`,
    waitsFor: `waiting for ${target} to accept connections again`,
    action: ask(target, 'restart', {}, 'current'),
    deadlineMs: DEADLINES_MS.restart,
    attemptsMax: 2,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'hold',
  };
  if (planned.role === 'standby') {
    const steps = inStages([
      ['prepare', [checkpoint(target, 'current', 'so that it starts with little to replay', 'follow-up')]],
      ['finish', [step]],
      ['finish', planned.upstream === null ? [] : [seeStreaming(target, planned.upstream, 'follow-up')]],
    ]);
    return {
      summary: `${target} is restarted; the primary is not touched.`,
      after: picture.before,
      steps,
      pointOfNoReturn: stageOf(steps, step.id),
    };
  }
  const poolers = [...picture.poolers.keys()].map((pooler) => ({ pooler, agent: poolerAgent(picture, pooler, [target])! }));
  const steps = inStages([
    ['prepare', [checkpoint(target, 'current', 'so that the shutdown has little left to write', 'roll-back')]],
    ['critical', poolers.map(({ pooler, agent }) => pausePooler(pooler, agent))],
    ['critical', [step]],
    ['critical', poolers.map(({ pooler, agent }) => resumePooler(pooler, agent))],
    ['finish', [seeWritable(target)]],
  ]);
  return {
    summary: `${target}, the primary, is restarted in place.`,
    after: picture.before,
    steps,
    pointOfNoReturn: stageOf(steps, step.id),
  };
}

function resumePooler(pooler: string, agent: string): Draft {
  return {
    id: `resume-${pooler}`,
    title: `Resume ${pooler}`,
    does: `${pooler} resumes the waiting clients.`,
    verifiedBy: 'The pooler lists the database as not paused.',
    worst: 'The primary is up, but clients still wait.',
    waitsFor: `waiting for ${pooler} to resume`,
    action: ask(agent, 'pooler-resume', { pooler }, 'current'),
    deadlineMs: DEADLINES_MS.poolerSwitch,
    attemptsMax: 5,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'hold',
  };
}
