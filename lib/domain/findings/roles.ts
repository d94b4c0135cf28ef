/** Rules about who is seen, who runs, and who leads. */
import { furthestLsn } from '../postgres/lsn.ts';
import { ageMs, isYoungerThan } from '../time/age.ts';
import { lastSeen, type Sighting } from '../topology/sighting.ts';
import type { Evidence, FindingCandidate } from './model.ts';
import type { Rule, RuleContext } from './rule.ts';
import { nodeRule } from './rule.ts';

const text = (value: string | null): Evidence => ({ kind: 'text', value });
const count = (value: number | null): Evidence => ({ kind: 'count', value });
const instant = (valueMs: number | null): Evidence => ({
  kind: 'instant',
  value: valueMs === null ? null : new Date(valueMs).toISOString(),
});

/** A node that was never enrolled is not silent: it is missing (see streaming.ts). */
const nodeNotSeen: Rule = {
  code: 'node-not-seen',
  evaluate: ({ sightings, nowMs }) =>
    [...sightings.values()]
      .filter(({ fresh, node }) => !fresh && (node.enrolled || node.latest !== null))
      .map((sighting): FindingCandidate => {
        const since = sighting.observation === null ? 'has joined, but never reported' : lastSeen(sighting);
        return {
          code: 'node-not-seen',
          severity: sighting.role === 'primary' ? 'critical' : 'warning',
          nodeName: sighting.name,
          subject: null,
          summary: `${sighting.name} ${since}.`,
          evidence: {
            lastSeen: instant(sighting.observedAtMs),
            silentFor: { kind: 'durationMs', value: ageMs(sighting.observedAtMs, nowMs) },
            lastRole: text(sighting.role),
          },
        };
      }),
};

const serverNotRunning = nodeRule('server-not-running', ({ name, role, observation }) => {
  const state = observation!.server.state;
  if (state !== 'stopped' && state !== 'starting' && state !== 'stopping') return [];
  const words = { stopped: 'is not running', starting: 'is starting up', stopping: 'is shutting down' }[state];
  const fenced = observation!.authority?.fenced ?? null;
  return [
    {
      // A restart is no disaster, but if it takes long enough to be reported the figures say so. A fenced one is down on purpose.
      severity: role === 'primary' && fenced === null ? 'critical' : state === 'stopped' ? 'warning' : 'info',
      subject: null,
      summary: `PostgreSQL on ${name} ${words}${fenced === null ? '' : ': it is fenced, and comes back by a reversion, not by starting it'}.`,
      evidence: {
        serverState: text(state),
        message: text(observation!.server.message),
        ...(fenced === null ? {} : { fencedSince: instant(Date.parse(fenced.at)), fencedBecause: text(fenced.reason) }),
      },
    },
  ];
});

const serverNotResponding = nodeRule('server-not-responding', ({ name, role, observation }) => {
  const { state, message } = observation!.server;
  if (state !== 'not-responding' && state !== 'refusing') return [];
  const words = state === 'refusing' ? 'is alive, but refuses the agent’s connection' : 'has a postmaster, but gives no answer';
  return [
    {
      severity: role === 'primary' && state === 'not-responding' ? 'critical' : 'warning',
      subject: null,
      summary: `PostgreSQL on ${name} ${words}.`,
      evidence: { serverState: text(state), message: text(message) },
    },
  ];
});

const primaryNotWritable = nodeRule('primary-not-writable', ({ name, live }) => {
  const probe = live?.inRecovery === false ? live.writeProbe : null;
  if (probe === null || probe.ok) return [];
  return [
    {
      severity: 'critical',
      subject: null,
      summary: `${name} is out of recovery, but a commit does not succeed: ${asClause(probe.reason ?? 'the probe failed')}.`,
      evidence: {
        reason: text(probe.reason),
        connectionsUsed: count(live!.connections.used),
        connectionLimit: count(live!.connections.limit),
      },
    },
  ];
});

/** An agent's sentence at the end of ours: without its full stop. */
function asClause(sentence: string): string {
  return sentence.replace(/\.+$/, '');
}

const noPrimary: Rule = {
  code: 'no-primary',
  evaluate: ({ topology, sightings, input }) => {
    // Nothing is concluded before any node was seen, nor while the one that leads is only out of sight.
    if (topology.primary !== null || topology.outOfRecovery.length > 0 || ![...sightings.values()].some(({ fresh }) => fresh)) return [];
    return [
      {
        code: 'no-primary',
        severity: 'critical',
        nodeName: null,
        subject: null,
        summary: `${input.name} has no primary: none of its ${input.nodes.length} nodes is seen out of recovery.`,
        evidence: { lastHolder: text(input.leadership?.holder ?? null), term: count(input.leadership?.term ?? null) },
      },
    ];
  },
};

const twoWritableNodes: Rule = {
  code: 'two-writable-nodes',
  evaluate: ({ topology, sightings, input }) => {
    if (topology.outOfRecovery.length < 2) return [];
    const names = topology.outOfRecovery.toSorted();
    return [
      {
        code: 'two-writable-nodes',
        severity: 'critical',
        nodeName: null,
        subject: names.join(', '),
        summary: `${names.join(' and ')} are out of recovery at the same time.`,
        evidence: {
          holder: text(input.leadership?.holder ?? null),
          ...Object.fromEntries(names.map((name) => [`timelineOf ${name}`, count(sightings.get(name)?.live?.timeline ?? null)])),
        },
      },
    ];
  },
};

/**
 * Out of recovery without holding the current term. A single node on the current timeline or a later one is a new leader
 * (see topology/leadership.ts), not an intruder.
 */
const nodeOutOfTerm: Rule = {
  code: 'node-out-of-term',
  evaluate: ({ topology, sightings, input: { leadership } }) => {
    if (leadership === null) return [];
    return topology.outOfRecovery.flatMap((name): FindingCandidate[] => {
      const timeline = sightings.get(name)!.live!.timeline;
      const isLeader = name === leadership.holder && timeline >= (leadership.timeline ?? 0);
      const succeeds = topology.outOfRecovery.length === 1 && leadership.holder !== null && timeline >= (leadership.timeline ?? 0);
      // Its own agent has it on disk that this node was taken out of the leadership: whatever its timeline, it is no successor.
      const wasFenced = sightings.get(name)!.observation?.authority?.role === 'fenced';
      if (isLeader || (succeeds && !wasFenced)) return [];
      return [
        {
          code: 'node-out-of-term',
          severity: 'critical',
          nodeName: name,
          subject: null,
          summary: `${name} accepts writes on timeline ${timeline}, but ${leadership.holder ?? 'nobody'} holds term ${leadership.term} (timeline ${leadership.timeline ?? 'unknown'}).`,
          evidence: { timeline: count(timeline), termTimeline: count(leadership.timeline), holder: text(leadership.holder) },
        },
      ];
    });
  },
};

const timelineFork = nodeRule('timeline-fork', (sighting, context) => {
  const fork = forkOf(sighting, context);
  return fork === null ? [] : [{ severity: 'critical', subject: null, ...fork }];
});

/** Two nodes' clocks are corrected to about a round trip: a lead must outlast this to be more than their difference. */
const FORK_CLOCK_MARGIN_MS = 2_000;
const FORK_WINDOW_MS = 20_000;

/** WAL is sent only once the primary has flushed it, so a standby ahead of a later sample of the primary has WAL of its own. */
function forkOf(standby: Sighting, { primary, nowMs }: RuleContext): Pick<FindingCandidate, 'summary' | 'evidence'> | null {
  const { live, name } = standby;
  if (primary?.live == null || live === null || !live.inRecovery || live.systemIdentifier !== primary.live.systemIdentifier) return null;
  const evidence = { timeline: count(live.timeline), primaryTimeline: count(primary.live.timeline) };
  if (live.timeline > primary.live.timeline) {
    return { summary: `${name} is on timeline ${live.timeline}, beyond ${primary.name}’s ${primary.live.timeline}.`, evidence };
  }
  const written = primary.node.history.filter((point) => isYoungerThan(point.atMs, FORK_WINDOW_MS, nowMs) && point.flushLsn !== null);
  const isAhead = standby.node.history.some(({ atMs, flushLsn, receiveLsn, replayLsn }) => {
    const held = furthestLsn(receiveLsn, replayLsn);
    if (flushLsn !== null || held === null || !isYoungerThan(atMs, FORK_WINDOW_MS, nowMs)) return false;
    return written.some((point) => point.atMs >= atMs + FORK_CLOCK_MARGIN_MS && point.flushLsn! < held);
  });
  if (!isAhead) return null;
  return {
    summary: `${name} holds WAL beyond what ${primary.name} has written (timelines ${live.timeline}, ${primary.live.timeline}).`,
    evidence,
  };
}

export const ROLE_RULES: readonly Rule[] = [
  nodeNotSeen,
  serverNotRunning,
  serverNotResponding,
  primaryNotWritable,
  noPrimary,
  twoWritableNodes,
  nodeOutOfTerm,
  timelineFork,
];
