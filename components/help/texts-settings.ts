/** Explains how the figures of the settings are measured. */
import type { HelpText } from './text.ts';

export const HEALTH_HELP = {
  version: {
    title: 'Version',
    meaning: 'Which Farshore runs. Web application and controllers should be of one version.',
    measured: 'Each process reports its own; controllers with their heartbeat, every 2 s.',
  },
  leader: {
    title: 'Leading controller',
    meaning: 'The one that evaluates clusters. Without one, agents keep sending and nothing is evaluated.',
    measured: 'Who holds the lock in the control database, by its heartbeat every 2 s.',
  },
  controllers: {
    title: 'Controllers running',
    meaning: 'Controllers with a recent heartbeat. One leads; each of them receives samples.',
    measured: 'From their heartbeats in the control database, every 2 s.',
  },
  rate: {
    title: 'Samples received',
    meaning: 'Samples per second that became durable. About one per node and second.',
    measured: 'By each controller over some seconds, reported with its heartbeat; summed over the running ones.',
    limits: 'Higher for a while when agents back-fill what they kept.',
  },
  queued: {
    title: 'Samples waiting to be stored',
    meaning: 'Samples in the memory of controllers. Agents keep each one until it is durable: none can be lost here.',
    measured: 'At the heartbeat of each running controller; samples are written every 0.2 s.',
  },
  newestSample: {
    title: 'Newest sample stored',
    meaning: 'How old the newest sample in the database is. More than a few seconds: no agent gets through, or the database is slow.',
    measured: 'When a controller received it, against the database’s clock, each time this page asks (5 s).',
  },
  newestView: {
    title: 'Newest evaluation',
    meaning: 'How old the newest evaluation of any cluster is. Screens are behind by this much.',
    measured: 'The newest view in the control database, each time this page asks (5 s).',
  },
  rolledUp: {
    title: 'Rolled up into tiers',
    meaning: 'Up to when one-second samples have been gathered into 10 s, 1 min and 10 min, from which long charts are drawn.',
    measured: 'The leading controller notes it with each run.',
  },
  state: {
    title: 'State of a controller',
    meaning: 'Running, degraded with the reasons, or silent.',
    measured: 'By its heartbeat every 2 s. The same as its /healthz.',
  },
  memory: { title: 'Memory', meaning: 'Resident memory of the process, in bytes.', measured: 'By the process, with its heartbeat.' },
  diskFree: {
    title: 'Disk free',
    meaning: 'Free space on the volume with the controller’s keys and, where there is one, its private control database.',
    measured: 'statvfs of FARSHORE_DIR by the controller, with its heartbeat.',
    limits: 'The disk of a database elsewhere (DATABASE_URL) is not seen.',
  },
  operationsUnderWay: {
    title: 'Operations in progress',
    meaning: 'Operations of the whole fleet that have not ended: running, waiting for approval or for the controller, or held.',
    measured: 'Counted in the control database, each time this page asks (5 s).',
  },
  commandsWaiting: {
    title: 'Commands waiting for agents',
    meaning: 'Steps sent to agents and not answered yet. One that stays means that its agent can’t reach the controller.',
    measured: 'Commands without a result, of running operations, and since when the oldest one waits.',
  },
  lastEnded: {
    title: 'Last operation that ended',
    meaning: 'Which operation ended last, and how. Its page has the result.',
    measured: 'The newest end in the control database.',
  },
  databaseSize: {
    title: 'Size of the control database',
    meaning: 'All of it, in bytes; below it the part that is measured data, which retention bounds.',
    measured: 'pg_database_size and the sizes of the partitions, each time this page asks.',
  },
  connections: {
    title: 'Connections of the control database',
    meaning: 'Open connections to this database, and how many the server allows in all.',
    measured: 'pg_stat_activity and max_connections.',
  },
  auditEvents: {
    title: 'Audit events',
    meaning: 'Entries in the audit log. They are chained and never deleted.',
    measured: 'The sequence number of the newest.',
  },
  otherTables: {
    title: 'Largest other tables',
    meaning: 'Other tables by size, with their indexes.',
    measured: 'pg_total_relation_size, each time this page asks.',
  },
} as const satisfies Record<string, HelpText>;

export const RETENTION_HELP = {
  keptFor: {
    title: 'Kept for',
    meaning: 'How far back this tier reaches. Whole partitions are dropped, so slightly more than this is kept.',
    measured: 'Not measured: set in the environment of the leading controller.',
  },
  holds: {
    title: 'Holds',
    meaning: 'Bytes on disk, with indexes, of all partitions of the tier.',
    measured: 'pg_total_relation_size, each time this page asks (30 s).',
  },
  rows: {
    title: 'Rows',
    meaning: 'About how many rows the tier has: one for each node and step of time.',
    measured: 'PostgreSQL’s own estimate (reltuples) of its last analyze; unknown until there was one.',
  },
  partitions: {
    title: 'Partitions',
    meaning: 'Tables of the tier, including those created ahead of time.',
    measured: 'Counted in the catalog.',
  },
  since: { title: 'Since', meaning: 'Start of the oldest partition.', measured: 'By its name.' },
} as const satisfies Record<string, HelpText>;

export const REGISTRY_HELP = {
  observed: {
    title: 'Observed nodes',
    meaning: 'Nodes whose agent reports and reads PostgreSQL now, of all that are registered.',
    measured: 'From the newest report of each agent; a node that is silent for 5 s does not count.',
  },
  enrolment: {
    title: 'Enrolment',
    meaning: 'Progress of a node’s enrolment: registered, joined, reporting, PostgreSQL read.',
    measured: 'From its token, its certificate and its newest report, every 2 to 3 s.',
  },
  agent: { title: 'Agent', meaning: 'The version that reports from the node.', measured: 'Reported by the agent, each time.' },
  joined: {
    title: 'Joined',
    meaning: 'When an agent of this node last redeemed a join token.',
    measured: 'By the controller when it signed the certificate.',
  },
  lastReport: {
    title: 'Last report',
    meaning: 'When the newest report of the agent arrived. One is due each second.',
    measured: 'By the controller’s clock, at the moment it was received.',
  },
  certificate: {
    title: 'Certificate until',
    meaning: 'When the agent’s certificate expires. It is valid for 7 days at most and renewed at half of its life.',
    measured: 'From the last certificate that the controller signed for this node.',
  },
} as const satisfies Record<string, HelpText>;

export const ACCESS_HELP = {
  role: {
    title: 'Role',
    meaning: 'What the account may do. It is checked for each page and each action.',
    measured: 'Set by an administrator; a change takes effect with the next request.',
  },
  lastSeen: {
    title: 'Last seen',
    meaning: 'When the account last asked for anything in any browser.',
    measured: 'Noted at most once a minute. A session that is unused for 30 minutes ends.',
  },
  signedIn: {
    title: 'Signed in now',
    meaning: 'How many browsers have an open session of this account.',
    measured: 'Sessions that have neither ended, nor expired, nor been unused for 30 minutes.',
  },
  tokenState: {
    title: 'State of a token',
    meaning: 'Valid, expired or revoked. Only a valid one is answered.',
    measured: 'From its expiry and its revocation, with each request.',
  },
  may: {
    title: 'May',
    meaning:
      'cluster.read: clusters, nodes, findings. audit.read: the audit log. operation.request and operation.cancel: request and cancel operations. ledger.read: fetch the rows of a loss ledger. No token approves.',
    measured: 'Chosen when it was created, and never changed.',
  },
} as const satisfies Record<string, HelpText>;
