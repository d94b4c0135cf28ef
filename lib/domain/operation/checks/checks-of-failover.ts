/** All checks of a failover: that the old primary is really gone, that it can be fenced, and who could take over. */
import type { NodeReport } from '../../../agent-contract/node-report.ts';
import { furthestLsn, formatLsn, lsnDifferenceBytes, parseLsnOrNull } from '../../postgres/lsn.ts';
import { formatAgo } from '../../format/duration.ts';
import { formatBytes } from '../../format/quantity.ts';
import { chooseCandidate } from '../plan/candidate.ts';
import type { CandidateReport, Choice } from '../plan/candidate.ts';
import { check } from './check-making.ts';
import { agentCheck, candidatesOf, clockCheck, directoryCheck, diskCheck, peerChecks, poolerChecks } from './checks-of-nodes.ts';
import type { PlanningInput, PlanningNode } from '../plan/inputs.ts';
import type { Check, PlanOf } from '../model.ts';
import type { Picture, PictureNode } from '../plan/planning-topology.ts';
import { oldPrimaryOf, quorumOf, standbysLeftOut, standbysSeen, synchronousAfterFailover } from '../plan/plan-failover.ts';

export function failoverChecks(plan: PlanOf<'failover'>, picture: Picture): Check[] {
  const old = picture.nodes.get(oldPrimaryOf(picture));
  const candidates = candidatesOf(plan).flatMap((name) => picture.nodes.get(name) ?? []);
  const choice = rehearse(plan, picture.input);
  const chosen = picture.nodes.get(choice.chosen ?? '');
  return [
    ...(old === undefined ? [] : [oldPrimaryCheck(old), fenceCheck(plan, old, picture)]),
    ...candidateChecks(choice, picture),
    ...standbysLeftOut(picture, old?.name ?? '').map(leftOutCheck),
    ...candidates.map((node) => agentCheck(node, picture.input.nowMs, node.name === choice.chosen ? 'fail' : 'warn')),
    ...(chosen === undefined ? [] : [diskCheck(chosen), directoryCheck(chosen)]),
    ...synchronousChecks(picture),
    ...candidates.map((node) => clockCheck(node, 'warn')),
    ...peerChecks(plan, picture, 'warn'),
    ...poolerChecks(plan, picture),
  ];
}

/** The candidate if the standbys stopped receiving now: a forecast, because positions move until they do. */
export function rehearse(plan: PlanOf<'failover'>, input: PlanningInput): Choice {
  const reports = candidatesOf(plan).flatMap((name): CandidateReport[] => {
    const node = input.nodes.find((one) => one.name === name);
    return node === undefined ? [] : [{ node: name, report: reportFrom(node), history: null }];
  });
  return chooseCandidate(reports, input, plan.request.target);
}

function reportFrom({ observation, observedAtMs }: PlanningNode): NodeReport {
  const postgres = observation?.postgres ?? null;
  const received = furthestLsn(parseLsnOrNull(postgres?.receiveLsn), parseLsnOrNull(postgres?.replayLsn));
  return {
    at: new Date(observedAtMs ?? 0).toISOString(),
    running: observation !== null && observation.server.state !== 'stopped',
    inRecovery: postgres?.inRecovery ?? null,
    timeline: postgres?.timeline ?? null,
    flushLsn: null,
    receivedLsn: received === null ? null : formatLsn(received),
    replayedLsn: postgres?.replayLsn ?? null,
    receiving: postgres?.walReceiver != null,
    replayPaused: postgres?.replayPaused ?? null,
    upstream: null,
    control: null,
  };
}

function oldPrimaryCheck(old: PictureNode): Check {
  const state = old.view?.state ?? 'unknown';
  const about = { id: 'old-primary-gone', title: `${old.name} accepts no writes`, threshold: 'not writable', node: old };
  if (state === 'writable')
    return check(about, 'fail', 'it is writable', `${old.name} works: a failover would lose data needlessly. Use a switchover.`);
  if (state === 'not-writable')
    return check(about, 'warn', `out of recovery, but commits fail`, `${old.view?.stateReason ?? ''} It is fenced first.`.trim());
  if (state === 'refusing')
    return check(about, 'warn', 'it refuses connections', 'It is alive. If clients can still write, a failover loses data needlessly.');
  if (state === 'starting')
    return check(about, 'warn', 'it is starting', 'It may be back in a moment. If you continue, it is fenced first.');
  if (state === 'unknown')
    return check(
      about,
      'warn',
      old.view?.stateReason?.replace(/\.$/, '') ?? 'not seen',
      'It may be running where Farshore can’t see it. The fence must reach it.',
    );
  return check(about, 'pass', state, '');
}

function fenceCheck(plan: PlanOf<'failover'>, old: PictureNode, picture: Picture): Check {
  const method = plan.request.fence;
  const about = { id: 'fence-possible', title: `${old.name} can be fenced`, threshold: 'proof that it is off', node: old };
  if (method === 'override') {
    return check(
      about,
      'warn',
      'no proof: a person’s statement',
      `If ${old.name} is on after all, writes to it are lost. Prefer its agent or the fence command.`,
    );
  }
  if (method === 'command') {
    return check(
      about,
      picture.input.fenceCommandConfigured ? 'pass' : 'fail',
      picture.input.fenceCommandConfigured ? 'by the fence command' : 'no fence command',
      'Set FARSHORE_FENCE_COMMAND for the controller.',
    );
  }
  const agent = agentCheck(old, picture.input.nowMs, 'fail');
  const others = picture.input.fenceCommandConfigured ? 'Choose the fence command instead, or' : 'If it is off for certain,';
  return {
    ...agent,
    ...about,
    node: old.name,
    value: agent.verdict === 'pass' ? 'by its agent' : agent.value,
    mend: agent.verdict === 'pass' ? '' : `Its agent can’t prove that it is stopped. ${others} confirm by name that it is off.`,
  };
}

function candidateChecks(choice: Choice, picture: Picture): Check[] {
  const about = { id: 'candidate', title: 'A standby may take over', threshold: 'at least one' };
  const first = check(
    about,
    choice.chosen === null ? 'fail' : 'pass',
    choice.chosen === null ? 'none' : `${choice.chosen} as seen now`,
    choice.sentence,
  );
  const last = picture.input.view.lastPrimary ?? null;
  const written = parseLsnOrNull(last?.lsn);
  const ranked = choice.ranking.map(({ node, eligible, reasons, lsn, timeline }) => {
    const position = parseLsnOrNull(lsn);
    const missing = written === null || position === null ? null : Math.max(0, lsnDifferenceBytes(written, position));
    const aboutOne = {
      id: `candidate-${node}`,
      title: `${node} could take over`,
      threshold: 'eligible',
      node: picture.nodes.get(node) ?? null,
    };
    const value = `${lsn ?? 'position unknown'} on timeline ${timeline ?? 'unknown'}, lacks ${formatBytes(missing)}`;
    return check(aboutOne, eligible ? 'pass' : 'warn', value, reasons.join(' '));
  });
  return [first, ...ranked];
}

function leftOutCheck(node: PictureNode): Check {
  const isDown = node.planned.role === 'down';
  return check(
    { id: `takes-part-${node.name}`, title: `${node.name} is reachable`, threshold: 'seen', node },
    'warn',
    isDown ? (node.view?.state ?? 'down') : (node.view?.stateReason?.replace(/\.$/, '') ?? 'not seen'),
    `Its LSN is not read, and it is not repointed. ${isDown ? 'Start it' : 'Wait until it is seen'} and plan again, or continue without it and re-parent it afterwards.`,
  );
}

function synchronousChecks(picture: Picture): Check[] {
  const { synchronous } = picture.before;
  if (synchronous === null) return [];
  const old = oldPrimaryOf(picture);
  const standbys = standbysSeen(picture, old);
  const quorum = quorumOf(picture, standbys);
  const heard = {
    id: 'quorum',
    title: 'Enough synchronous standbys are reachable',
    threshold: `${synchronous.standbys.length - synchronous.required + 1} of ${synchronous.standbys.join(', ')}`,
  };
  const after = { id: 'synchronous-after', title: 'Commits wait for a standby afterwards', threshold: `${synchronous.required}` };
  const stays = synchronousAfterFailover(picture, standbys, old) !== null;
  return [
    check(
      heard,
      quorum === null ? 'warn' : 'pass',
      quorum === null ? 'too few are seen' : 'enough are seen',
      'A commit that only an unseen standby acknowledged would be lost.',
    ),
    check(
      after,
      stays ? 'pass' : 'warn',
      stays ? 'they do' : 'they will not wait',
      'Too few standbys are left: commits do not wait for one until synchronous_standby_names is set again.',
    ),
  ];
}

/** How old the last known position of the primary is, in words. */
export const ageOf = (at: string | null, nowMs: number): string => (at === null ? 'never seen' : formatAgo(at, nowMs));
