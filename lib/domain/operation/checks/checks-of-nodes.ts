/** Checks that every kind of operation asks of the nodes in its plan: who acts, who knows whom, which poolers can be steered. */
import { ageMs, isYoungerThan } from '../../time/age.ts';
import type { ClusterPolicy } from '../../policy/cluster-policy.ts';
import { isAllowedJurisdiction } from '../../policy/jurisdiction.ts';
import { formatAgo, formatDuration } from '../../format/duration.ts';
import { formatBytes, formatPercent } from '../../format/quantity.ts';
import { check } from './check-making.ts';
import { CHOSEN } from '../model.ts';
import type { Check, Plan, StepAction } from '../model.ts';
import type { Picture, PictureNode } from '../plan/planning-topology.ts';

/** Agents report each second; one that is older may be gone when its command comes. */
const AGENT_SEEN_MS = 5_000;
const CLOCK_OFFSET_MAX_MS = 5 * 60_000;
const FREE_BYTES_MIN = 64 * 1024 ** 2;
const FREE_FRACTION_WARN = 0.1;

/** The nodes whose agents get a command, with the words of what each must do. */
export function actingNodes(plan: Plan): string[] {
  const names = plan.steps
    .flatMap(({ action, undo }) => [action, undo])
    .flatMap((action) => (action?.by === 'agent' && action.node !== CHOSEN ? [action.node] : []));
  return [...new Set(names)];
}

/** `severity`: what it means when this agent can't act. */
export function agentCheck(node: PictureNode, nowMs: number, severity: 'fail' | 'warn', mendMore = ''): Check {
  const about = {
    id: `agent-acts-${node.name}`,
    title: `The agent of ${node.name} can act`,
    threshold: `seen within ${formatDuration(AGENT_SEEN_MS)}, no obstacle`,
    node,
  };
  const { observation, observedAtMs, identityLockReason } = node.planning;
  const mend = (text: string): string => `${text} ${mendMore}`.trim();
  if (observation === null || observedAtMs === null) return check(about, severity, 'never seen', mend(`Enrol an agent on ${node.name}.`));
  if (!isYoungerThan(observedAtMs, AGENT_SEEN_MS, nowMs))
    return check(
      about,
      severity,
      ageMs(observedAtMs, nowMs) === null ? 'its last report is dated in the future' : `last seen ${formatAgo(observedAtMs, nowMs)}`,
      mend(`Find out why the agent of ${node.name} does not report.`),
    );
  if (identityLockReason !== null) return check(about, severity, 'its identity is locked', mend(`Unlock it first: ${identityLockReason}`));
  const authority = observation.authority ?? null;
  if (authority === null) {
    return check(
      about,
      severity,
      'it only observes',
      mend(`Give it a [control] section in its agent.toml, as docs/agent.md says, and restart it.`),
    );
  }
  const [first, ...others] = authority.obstacles;
  if (first === undefined) return check(about, 'pass', 'it can act', '');
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return check(
    about,
    severity,
    `${first}${more}`.replace(/\.$/, ''),
    mend(`Run “farshore-agent check” on ${node.name}; it names what is missing.`),
  );
}

/** Each `follow`, `start-standby`, `rewind` and `clone` names a node whose address its agent must know. */
export function peerChecks(plan: Plan, picture: Picture, severity: 'fail' | 'warn'): Check[] {
  const needed = new Map<string, Set<string>>();
  for (const { action } of plan.steps) {
    const peer = peerOf(action);
    if (peer === null || action.by !== 'agent' || action.node === CHOSEN) continue;
    const peers = peer === CHOSEN ? candidatesOf(plan).filter((name) => name !== (action as { node: string }).node) : [peer];
    needed.set(action.node, new Set([...(needed.get(action.node) ?? []), ...peers]));
  }
  return [...needed].flatMap(([name, peers]) => {
    const node = picture.nodes.get(name);
    const known = node?.planning.observation?.authority?.peers;
    // That it can't act at all is said by another check.
    if (node === undefined || known === undefined) return [];
    const missing = [...peers].filter((peer) => !known.includes(peer));
    const about = { id: `peers-${name}`, title: `${name} knows its new upstream`, threshold: [...peers].join(', '), node };
    const mend = `Add [peers.${missing[0] ?? ''}] to the agent.toml of ${name} and restart its agent.`;
    return [
      check(about, missing.length === 0 ? 'pass' : severity, missing.length === 0 ? 'known' : `unknown: ${missing.join(', ')}`, mend),
    ];
  });
}

function peerOf(action: StepAction): string | null {
  if (action.by !== 'agent') return null;
  const { command } = action;
  if (command.verb === 'follow' || command.verb === 'start-standby') return command.args.upstream;
  return command.verb === 'rewind' || command.verb === 'clone' ? command.args.source : null;
}

/** Those of whom one may be chosen: everybody who promises. */
export const candidatesOf = (plan: Plan): string[] =>
  plan.steps.flatMap(({ action }) => (action.by === 'agent' && action.command.verb === 'promise' ? [action.node] : []));

/** The poolers that the plan steers, as the agent that will do it sees them. */
export function poolerChecks(plan: Plan, picture: Picture): Check[] {
  const steered = new Map<string, string>();
  for (const { action } of plan.steps) {
    if (action.by === 'agent' && 'pooler' in action.command.args)
      steered.set(action.command.args.pooler, action.node === CHOSEN ? (candidatesOf(plan)[0] ?? '') : action.node);
  }
  if (steered.size === 0 && plan.steps.some(({ phase }) => phase === 'critical')) {
    const about = {
      id: 'poolers',
      title: 'A pooler pauses clients during the write outage',
      threshold: 'a pooler that an agent can pause',
    };
    const mend = 'Clients that connect directly, or by the agents’ health ports, see their connections end and must connect again.';
    return [check(about, 'warn', 'none is configured', mend)];
  }
  return [...steered].map(([pooler, agent]) => {
    const node = picture.nodes.get(agent) ?? null;
    const state = node?.planning.observation?.authority?.poolers.find(({ name }) => name === pooler);
    const about = {
      id: `pooler-${pooler}`,
      title: `${pooler} can be paused and repointed`,
      threshold: `the agent of ${agent} reaches its console`,
      node,
    };
    if (state === undefined) return check(about, 'unknown', 'unknown', `Wait until the agent of ${agent} reports it.`);
    if (!state.reachable)
      return check(
        about,
        'fail',
        state.message ?? 'its console does not answer',
        `See that ${pooler} runs and that the agent of ${agent} may use its console.`,
      );
    if (state.paused === true)
      return check(
        about,
        'warn',
        'it is paused already',
        'Clients wait now. It resumes when this operation repoints it to the new primary.',
      );
    return check(about, 'pass', `it points at ${state.primary ?? 'no known node'}`, '');
  });
}

export function maintenanceCheck(node: PictureNode, severity: 'fail' | 'warn'): Check {
  const { maintenance } = node.planning;
  const about = { id: `maintenance-${node.name}`, title: `${node.name} is not under maintenance`, threshold: 'none', node };
  if (maintenance === null) return check(about, 'pass', 'none', '');
  return check(
    about,
    severity,
    `${maintenance.owner}: ${maintenance.reason}`.replace(/\.$/, ''),
    `Ask ${maintenance.owner}, end the maintenance, or choose another node.`,
  );
}

export function residencyCheck(node: PictureNode, { jurisdictions }: ClusterPolicy): Check {
  const { jurisdiction } = node.planning.site;
  const about = {
    id: `residency-${node.name}`,
    title: `Residency: ${node.name} may host a primary`,
    threshold: jurisdictions.join(', ') || 'anywhere',
    node,
  };
  const mend = `The rule of the cluster allows ${jurisdictions.join(', ')}. Choose another node, or let an administrator change the rule.`;
  return check(about, isAllowedJurisdiction(jurisdiction, jurisdictions) ? 'pass' : 'fail', jurisdiction, mend);
}

/**
 * Unknown is a warning here: an agent that has just started has no offset yet, and refuses on its own what it can't date.
 * @param severity what a clock that is far off means: commands are dated by the measured offset, so that it need not stop an emergency.
 */
export function clockCheck(node: PictureNode, severity: 'fail' | 'warn'): Check {
  const offsetMs = node.view?.clockOffsetMs ?? null;
  const about = {
    id: `clock-${node.name}`,
    title: `Clock of ${node.name}`,
    threshold: `off by less than ${formatDuration(CLOCK_OFFSET_MAX_MS)}`,
    node,
  };
  if (offsetMs === null) return check(about, 'warn', 'unknown', 'Commands carry a time; the agent refuses them if it can’t place it.');
  const value = `off by ${formatDuration(Math.abs(offsetMs))}`;
  return check(about, Math.abs(offsetMs) < CLOCK_OFFSET_MAX_MS ? 'pass' : severity, value, `Set the clock of ${node.name} (chrony, NTP).`);
}

export function directoryCheck(node: PictureNode): Check {
  const unusable = node.planning.observation?.authority?.unusable ?? null;
  const about = {
    id: `directory-${node.name}`,
    title: `Data directory of ${node.name} is usable`,
    threshold: 'not marked as unusable',
    node,
  };
  if (unusable === null) return check(about, 'pass', 'not marked', '');
  return check(
    about,
    'fail',
    `marked: ${unusable.reason}`.replace(/\.$/, ''),
    `Revert ${node.name} by a new base backup; it is never started as it is.`,
  );
}

export function diskCheck(node: PictureNode): Check {
  const volumes = node.view?.volumes ?? [];
  const about = {
    id: `disk-${node.name}`,
    title: `Free disk space on ${node.name}`,
    threshold: `${formatBytes(FREE_BYTES_MIN)} free`,
    node,
  };
  const tightest = volumes.toSorted((a, b) => a.freeBytes - b.freeBytes)[0];
  if (tightest === undefined) return check(about, 'unknown', 'unknown', `Wait until the agent of ${node.name} reports its volumes.`);
  const fraction = tightest.freeBytes / Math.max(1, tightest.sizeBytes);
  const value = `${formatBytes(tightest.freeBytes)} free on the ${tightest.purpose} volume (${formatPercent(fraction)})`;
  const mend = `Free space on ${node.name} first: a primary with a full disk stops.`;
  return check(about, tightest.freeBytes < FREE_BYTES_MIN ? 'fail' : fraction < FREE_FRACTION_WARN ? 'warn' : 'pass', value, mend);
}
