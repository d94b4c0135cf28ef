/** Promote and fence by a person on this host, without the controller. The same code serves the running agent and the command line. */
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import type { NodeReport } from '../../lib/agent-contract/node-report.ts';
import type { Leadership } from '../authority/rules.ts';
import type { CommandRunner } from '../perform/command-runner.ts';
import type { LocalAnswer, LocalRequest, LocalSituation } from './protocol.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';

/** A break-glass promote takes what is here and does not wait for more. */
const PROMOTE_DEADLINE_MS = 60_000;
const FENCE_DEADLINE_MS = 15_000;
const REPORT_DEADLINE_MS = 5000;
const REASON_MIN = 10;

export interface BreakGlassGround {
  runner: Pick<CommandRunner, 'performLocally'>;
  leadership: () => Leadership;
  node: { name: string; cluster: string } | null;
}

/** Does what was asked, or says why not. Never throws. */
export async function breakGlass(request: LocalRequest, ground: BreakGlassGround): Promise<LocalAnswer> {
  const by = `local:${request.by}`;
  try {
    const looked = await ground.runner.performLocally({
      verb: 'report',
      args: {},
      term: 0,
      deadlineMs: REPORT_DEADLINE_MS,
      by,
      reason: '',
    });
    const report = looked.status === 'done' ? (looked.evidence as { report: NodeReport }).report : null;
    const situation = situationOf(ground, report);
    const refuse = (refused: string): LocalAnswer => ({ refused, situation, result: null });
    if (request.do === 'look') return { refused: null, situation, result: null };
    if (looked.status !== 'done' && request.do === 'promote') return refuse(`The node can't be read: ${looked.reason}`);
    const why = whyNot(request, situation);
    if (why !== null) return refuse(why);
    const { termSeen } = ground.leadership();
    const common = { by, reason: request.reason };
    const result: CommandResult =
      request.do === 'fence'
        ? await ground.runner.performLocally({ ...common, verb: 'fence', args: {}, term: termSeen, deadlineMs: FENCE_DEADLINE_MS })
        : await ground.runner.performLocally({
            ...common,
            verb: 'promote',
            // One above every term heard of: a previous leader holds a lower one.
            term: termSeen + 1,
            args: { timeline: situation.timeline ?? 1, receivedPast: null, waitMs: 0 },
            deadlineMs: PROMOTE_DEADLINE_MS,
          });
    return { refused: null, situation, result };
  } catch (error) {
    return { refused: messageOf(error), situation: null, result: null };
  }
}

function situationOf({ leadership, node }: BreakGlassGround, report: NodeReport | null): LocalSituation {
  const { termSeen, holder, role } = leadership();
  return {
    cluster: node?.cluster ?? null,
    node: node?.name ?? null,
    termSeen,
    holder,
    role,
    running: report?.running ?? false,
    inRecovery: report?.inRecovery ?? null,
    timeline: report?.timeline ?? report?.control?.timeline ?? null,
    receivedLsn: report?.receivedLsn ?? null,
    receiving: report?.receiving ?? null,
    upstream: report?.upstream ?? null,
  };
}

/** Why what was asked is not done, with what to do; `null` = nothing is against it. Pure. */
export function whyNot(request: LocalRequest, situation: LocalSituation): string | null {
  const { cluster, node } = situation;
  if (cluster === null || node === null)
    return 'This agent has not joined a cluster: there is nothing to confirm. Use PostgreSQL’s own programs.';
  if (request.confirm !== cluster)
    return `The cluster's name was not typed exactly: “${request.confirm}” is not “${cluster}”. Nothing was done.`;
  if (request.reason.trim().length < REASON_MIN)
    return `Give the reason in at least ${REASON_MIN} characters: it is recorded in the journal and in the audit log. Nothing was done.`;
  if (request.do !== 'promote') return null;
  if (!situation.running || situation.inRecovery === null)
    return `PostgreSQL on ${node} does not run or does not answer. Start it as a standby first. Nothing was done.`;
  if (!situation.inRecovery) return `${node} is out of recovery already: it is a primary.`;
  if (situation.role === 'fenced') return `${node} is fenced. Revert it to a standby of the present primary first. Nothing was done.`;
  if (situation.timeline === null) return `The timeline of ${node} is unknown. Nothing was done.`;
  if (situation.receiving === true && !request.force)
    return `${situation.upstream ?? 'The upstream'} is still sending WAL to ${node}: it is alive, and there would be two primaries. Stop it first (farshore-agent fence on that host), or say --force. Nothing was done.`;
  return null;
}

/** Says what it will do and what may be lost, before the question. */
export function announcement(action: 'promote' | 'fence', situation: LocalSituation): string {
  const node = situation.node ?? 'this node';
  if (action === 'fence') {
    return [
      `This stops PostgreSQL on ${node} at once (immediate shutdown, then by force).`,
      'Open transactions end. It stays down, and is stopped again when it comes back as primary, until it is reverted.',
      'No acknowledged transaction is lost by this alone; a crash recovery runs at the next start.',
    ].join('\n');
  }
  return [
    `This promotes ${node} under term ${situation.termSeen + 1}, without the controller. From then on it is the primary.`,
    `It has received WAL up to ${situation.receivedLsn ?? 'an unknown position'} on timeline ${situation.timeline ?? '?'}.`,
    'What the old primary committed after that position is lost to the new one; how much can only be told from the old primary.',
    `The old primary (${situation.holder ?? situation.upstream ?? 'unknown here'}) must not accept writes any more: stop it, or make sure that no client reaches it.`,
  ].join('\n');
}

/** Says how it ended and what to do next. */
export function outcomeText(action: 'promote' | 'fence', { refused, situation, result }: LocalAnswer): string {
  const node = situation?.node ?? 'this node';
  if (refused !== null || result === null) return refused ?? 'Nothing was done.';
  if (result.status !== 'done') {
    const effect =
      result.status === 'refused' || result.changed === false
        ? 'Nothing was changed.'
        : 'How far it came is unknown: run farshore-agent status.';
    return `It did not succeed: ${result.reason} ${effect}`;
  }
  return action === 'fence'
    ? `${node} is stopped and fenced. Next: promote another node, then bring this one back with a reversion.`
    : `${node} is the primary. Next: point the applications at it; when the controller is back it takes note, and the other nodes are made to follow (re-parent, reversion).`;
}
