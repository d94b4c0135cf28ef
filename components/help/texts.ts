/** Explains how the figures of the overview, of clusters and of nodes are measured. */

import type { HelpText } from './text.ts';

export const HELP_TEXTS = {
  'rpo-state': {
    title: 'RPO state',
    meaning:
      'Data lost if the primary were lost now. “Guaranteed 0”: every commit waits for a synchronous standby in another failure domain, which is acknowledging now. “Best effort ≤ x”: a standby is proven to hold everything the primary had written x ago.',
    measured:
      'Each second: the newest moment at which all that the primary had written is known to have reached the best standby. Shown is the highest of the last 60 s, rounded up to a whole second, so that sampling does not make it swing. The exact present value is in the tooltip and in the API.',
    limits:
      'Unknown when the primary is not seen, when two nodes accept writes, or when no standby’s position is known. It is never guessed.',
  },
  objectives: {
    title: 'Objectives',
    meaning: 'Objectives of this cluster: how long it may be down (RTO), and how much of the newest data may be lost (RPO).',
    measured:
      'Not measured: an administrator sets them in the settings. A standby that is behind by more than the RPO counts as catching up.',
  },
  recovery: {
    title: 'Recovery',
    meaning: 'The time a recovery of this cluster took when it was last exercised, as a client saw it.',
    measured: 'Only a drill or a real change of primary with measured write outage counts. Until one is recorded: “never tested”.',
  },
  primary: {
    title: 'Primary',
    meaning: 'The one node that is out of recovery, and whether it accepts writes.',
    measured:
      'Each second its agent commits a small heartbeat, each few seconds over a new connection: “writable” means that this commit succeeded, not only that the server is up.',
    limits: 'Unknown when no node, or more than one, is seen out of recovery.',
  },
  'last-change': {
    title: 'Last change of primary',
    meaning:
      'Since when this node is primary, and how Farshore knows: by an operation, at first observation, or a change outside Farshore.',
    measured: 'Noted when exactly one node is seen out of recovery under a new holder or a later timeline.',
  },
  'worst-lag': {
    title: 'Worst lag',
    meaning: 'The standby that is furthest behind its primary, in time and in bytes of WAL not yet replayed.',
    measured: 'As “Lag” below, for every standby; the largest is shown. Standbys with unknown lag are counted beside it.',
  },
  'lag-seconds': {
    title: 'Lag in time',
    meaning: 'The age of the oldest write of the primary that the standby has not replayed. 0 = it has replayed everything.',
    measured:
      'From a heartbeat that the primary’s agent writes each second and from the primary’s WAL positions. Not from the standby’s own figure, which shows 0 when its connection is dead.',
    limits: 'Unknown when either side was not seen within 5 s.',
  },
  'lag-transport': {
    title: 'Transport lag',
    meaning: 'WAL that the primary has written and the standby has not received. It would be lost with the primary.',
    measured: 'The primary’s WAL position minus the standby’s received position, compared at the same moment by the controller.',
    limits: 'Unknown when either position is unknown: never 0 instead.',
  },
  'lag-apply': {
    title: 'Apply lag',
    meaning: 'WAL that the standby has received and not replayed. Not lost, but a promotion has to replay it first.',
    measured: 'Received position minus replayed position, both as the standby reports them each second.',
  },
  'nodes-running': {
    title: 'Nodes running',
    meaning: 'Nodes whose PostgreSQL runs and answers, of all that are registered.',
    measured: 'Each agent queries its server once a second. A node that was not seen for 5 s is unknown, whatever its last report.',
  },
  term: {
    title: 'Term',
    meaning: 'The number of the present leadership. It only grows, by one with each change of primary.',
    measured: 'Kept by Farshore and changed only by compare-and-swap. The timeline is PostgreSQL’s own count of promotions.',
  },
  findings: {
    title: 'Findings',
    meaning: 'What is wrong or risky now, from a closed list, each with evidence, impact and the next safe action.',
    measured:
      'Every evaluation (about once a second). A finding opens and closes only after it was seen several times, so that it does not flap.',
    limits: 'None means none that Farshore can see: while it does not evaluate, the count is unknown.',
  },
  'wal-rate': {
    title: 'WAL rate',
    meaning: 'How fast WAL is written (on a primary) or received (on a standby).',
    measured: 'The difference of two WAL positions divided by the time between the samples, each second.',
    limits: 'Unknown after a restart or a change of timeline, until there are two samples.',
  },
  'commit-latency': {
    title: 'Commit latency',
    meaning: 'How long one small transaction takes on the primary, from writing to its commit. Connecting is not included.',
    measured:
      'By the agent on the node, each second, over a connection that is a few seconds old at most. It includes waiting for synchronous standbys where there are any.',
  },
  connections: {
    title: 'Connections',
    meaning: 'Client connections that are open now, and how many PostgreSQL allows.',
    measured: 'From pg_stat_activity and max_connections, each second.',
  },
  'clock-offset': {
    title: 'Clock offset',
    meaning: 'How far the node’s clock is from the controller’s.',
    measured:
      'From the round trip of the agent’s own requests, so that it is uncertain by half of the round trip; beside it chrony’s own figure where chrony runs.',
  },
  disk: {
    title: 'Disk',
    meaning: 'The fullest of the node’s volumes (data or WAL).',
    measured: 'By statvfs on the node, each second; space reserved for the system counts as used.',
  },
  sync: {
    title: 'Synchronisation and encryption',
    meaning: 'Whether commits wait for this standby (sync, quorum) or not (async, potential), and the TLS version of its stream.',
    measured: 'From pg_stat_replication and pg_stat_ssl of the upstream, each second.',
  },
  seen: {
    title: 'Seen',
    meaning: 'How old the newest report of the node’s agent is.',
    measured: 'By the controller’s clock, corrected for the node’s. After 10 s without a report this page shows the node as unknown.',
  },
} as const satisfies Record<string, HelpText>;
