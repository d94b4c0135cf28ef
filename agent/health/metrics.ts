/** Writes the metrics of this node: `farshore_agent_…` about the agent, `pg_…` with the names that Prometheus users know. Pure. */
import { lsnDifferenceBytes } from '../observe/lsn.ts';
import type { PostgresObservation } from '../../lib/agent-contract/observation.ts';
import { primaryAnswer } from './answers.ts';
import { renderMetrics } from './metrics-text.ts';
import type { Labels, Metric, Sample } from './metrics-text.ts';
import type { HealthView } from './view.ts';

const LINK_STATES = ['connecting', 'connected', 'unreachable', 'refused'] as const;

const ROLES = ['unclaimed', 'leader', 'follower', 'fenced'] as const;

const one = (value: number | boolean | null, labels?: Labels): Sample[] => [
  { value: typeof value === 'boolean' ? Number(value) : value, ...(labels === undefined ? {} : { labels }) },
];
const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({ name, type: 'gauge', help, samples });
const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({ name, type: 'counter', help, samples });
const seconds = (milliseconds: number | null): number | null => (milliseconds === null ? null : milliseconds / 1000);
const epochSeconds = (instant: string | null): number | null => (instant === null ? null : Date.parse(instant) / 1000);

/** The text that `/metrics` answers. */
export function metricsText(view: HealthView): string {
  return renderMetrics([...agentMetrics(view), ...volumeMetrics(view), ...(view.postgres === null ? [] : postgresMetrics(view.postgres))]);
}

function agentMetrics(view: HealthView): Metric[] {
  const { outbox, ticks, link } = view;
  return [
    gauge('farshore_agent_info', 'Version and node of this agent.', [
      { labels: { version: view.agentVersion, node: view.node?.name ?? '', cluster: view.node?.cluster ?? '' }, value: 1 },
    ]),
    gauge(
      'pg_up',
      'Whether the server accepted a connection and answered.',
      one(view.server === null ? null : view.server.state === 'accepting'),
    ),
    gauge('farshore_agent_writable', 'Whether /primary answers 200.', one(primaryAnswer(view).status === 200)),
    gauge('farshore_agent_sample_age_seconds', 'Age of the last sample.', one(seconds(view.sampleAgeMs))),
    gauge('farshore_agent_sample_duration_seconds', 'How long the last sample took.', one(seconds(view.sampleTookMs))),
    counter('farshore_agent_ticks_total', 'Samples taken since the agent started.', one(ticks.taken)),
    counter('farshore_agent_ticks_skipped_total', 'Samples left out because the one before was not done.', one(ticks.skipped)),
    gauge(
      'farshore_agent_controller_link',
      'How the agent stands with the controller; 1 for the present state.',
      link === null ? [] : LINK_STATES.map((state) => ({ labels: { state }, value: Number(link.state === state) })),
    ),
    gauge('farshore_agent_unsent_samples', 'Samples that the controller has not acknowledged.', one(outbox.samples + outbox.memorySamples)),
    gauge('farshore_agent_spool_bytes', 'Size of the disk buffer.', one(outbox.bytes)),
    counter(
      'farshore_agent_refused_samples_total',
      'Samples that the controller refused for good, since the agent was installed.',
      one(outbox.refusedSamples),
    ),
    counter('farshore_agent_lost_samples_total', 'Samples dropped because the buffer was full.', one(outbox.lostSamples)),
    gauge('farshore_agent_clock_offset_seconds', "Controller's clock minus this host's.", one(seconds(view.clockOffsetMs))),
    gauge(
      'farshore_agent_certificate_expiry_timestamp_seconds',
      'When the certificate of the agent ends.',
      one(epochSeconds(view.node?.certificateNotAfter ?? null)),
    ),
    ...leadershipMetrics(view.leadership),
    gauge('farshore_agent_resident_memory_bytes', 'Resident memory of the agent.', one(view.residentBytes)),
  ];
}

function leadershipMetrics(leadership: HealthView['leadership']): Metric[] {
  if (leadership === null) return [];
  return [
    gauge('farshore_agent_term', 'Highest leadership term that this agent has seen.', one(leadership.termSeen)),
    gauge('farshore_agent_leader_term', 'Term under which this node leads, or last led.', one(leadership.leaderTerm)),
    gauge(
      'farshore_agent_role',
      'What this node is by leadership; 1 for the present role.',
      ROLES.map((role) => ({ labels: { role }, value: Number(leadership.role === role) })),
    ),
    gauge('farshore_agent_directory_unusable', 'Whether the data directory must not be started.', one(leadership.unusable !== null)),
  ];
}

function volumeMetrics(view: HealthView): Metric[] {
  const labelled = (pick: (volume: HealthView['volumes'][number]) => number): Sample[] =>
    view.volumes.map((volume) => ({ labels: { purpose: volume.purpose, mountpoint: volume.mountPoint }, value: pick(volume) }));
  return [
    gauge(
      'farshore_agent_volume_size_bytes',
      'Size of the volume of the data directory and of pg_wal.',
      labelled((volume) => volume.sizeBytes),
    ),
    gauge(
      'farshore_agent_volume_free_bytes',
      'Free on it for an unprivileged process.',
      labelled((volume) => volume.freeBytes),
    ),
  ];
}

function postgresMetrics(pg: PostgresObservation): Metric[] {
  const receiverUp = pg.inRecovery ? pg.walReceiver?.status === 'streaming' : null;
  return [
    gauge('pg_replication_is_replica', 'Whether the server is in recovery.', one(pg.inRecovery)),
    gauge('pg_timeline_id', 'Timeline written or replayed.', one(pg.timeline)),
    gauge('pg_postmaster_start_time_seconds', 'When the server started.', one(epochSeconds(pg.startedAt))),
    gauge(
      'pg_replication_last_replay_timestamp_seconds',
      'Commit time of the last replayed transaction.',
      one(epochSeconds(pg.lastReplayedTransactionAt)),
    ),
    gauge(
      'pg_replication_replay_backlog_bytes',
      'Received and not yet replayed, as the standby itself sees it.',
      one(lsnDifferenceBytes(pg.receiveLsn, pg.replayLsn)),
    ),
    gauge('pg_stat_wal_receiver_streaming', 'Whether the walreceiver streams.', one(receiverUp)),
    gauge('farshore_agent_write_probe_ok', 'Whether the last probe committed.', one(pg.writeProbe?.ok ?? null)),
    gauge('farshore_agent_write_probe_seconds', 'Write and commit of the last probe.', one(seconds(pg.writeProbe?.commitMs ?? null))),
    ...downstreamMetrics(pg),
    ...slotMetrics(pg),
    counter('pg_stat_archiver_archived_count', 'WAL files archived.', one(pg.archiver.archivedCount)),
    counter('pg_stat_archiver_failed_count', 'Failed attempts to archive.', one(pg.archiver.failedCount)),
    gauge('pg_archive_ready_files', 'WAL files that wait for the archive.', one(pg.archiver.readyCount)),
    gauge('pg_wal_directory_bytes', 'Size of the files in pg_wal.', one(pg.walDirectoryBytes)),
    gauge('pg_wal_bytes_per_second', 'WAL written or received per second.', one(pg.walBytesPerSecond)),
    gauge('pg_connections_used', 'Client connections.', one(pg.connections.used)),
    gauge('pg_settings_max_connections', 'Limit of client connections.', one(pg.connections.limit)),
    counter('pg_stat_checkpoints_timed_total', 'Checkpoints by time.', one(pg.checkpoints.timed)),
    counter('pg_stat_checkpoints_requested_total', 'Checkpoints on request.', one(pg.checkpoints.requested)),
    counter('pg_stat_database_conflicts_total', 'Queries cancelled because of recovery conflicts.', one(pg.conflictsCancelled)),
  ];
}

function downstreamMetrics(pg: PostgresObservation): Metric[] {
  const position = pg.flushLsn ?? pg.receiveLsn;
  const labelled = (pick: (downstream: PostgresObservation['downstreams'][number]) => number | null): Sample[] =>
    pg.downstreams.map((d) => ({
      labels: { application_name: d.applicationName, client_addr: d.clientAddress ?? '', state: d.state, sync_state: d.syncState },
      value: pick(d),
    }));
  return [
    gauge(
      'pg_stat_replication_pg_wal_lsn_diff',
      'Bytes that the downstream has not replayed.',
      labelled((d) => lsnDifferenceBytes(position, d.replayLsn)),
    ),
    gauge(
      'pg_stat_replication_sent_lag_bytes',
      'Bytes not yet sent.',
      labelled((d) => lsnDifferenceBytes(position, d.sentLsn)),
    ),
    gauge(
      'pg_stat_replication_tls',
      'Whether the connection is encrypted.',
      labelled((d) => Number(d.tls !== null)),
    ),
  ];
}

function slotMetrics(pg: PostgresObservation): Metric[] {
  const labelled = (pick: (slot: PostgresObservation['slots'][number]) => number | null): Sample[] =>
    pg.slots.map((slot) => ({ labels: { slot_name: slot.name, slot_type: slot.type }, value: pick(slot) }));
  return [
    gauge(
      'pg_replication_slots_active',
      'Whether a consumer uses the slot.',
      labelled((slot) => Number(slot.active)),
    ),
    gauge(
      'pg_replication_slots_pg_wal_lsn_diff',
      'WAL bytes that the slot keeps.',
      labelled((slot) => slot.retainedBytes),
    ),
    gauge(
      'pg_replication_slots_safe_wal_size_bytes',
      'Bytes that can be written before the slot may be lost.',
      labelled((slot) => slot.safeWalBytes),
    ),
    gauge(
      'pg_replication_slots_lost',
      'Whether WAL that the slot needs is gone.',
      labelled((slot) => (slot.walStatus === null ? null : Number(slot.walStatus === 'lost'))),
    ),
  ];
}
