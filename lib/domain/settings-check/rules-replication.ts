/** Settings that decide whether WAL reaches the standbys, and how soon a broken stream is noticed. */
import { formatDuration } from '../format/duration.ts';
import { formatBytes } from '../format/quantity.ts';
import { slotNameOf } from '../topology/sighting.ts';
import { settingBytes, settingCount, settingMs, writeBytes } from './quantity.ts';
import { NOT_READABLE, OK, oneOf } from './rule.ts';
import type { Judgement, SettingRule, SettingsContext } from './rule.ts';

/** Beside the standbys: one base backup, and one stream that the server has not noticed is dead. */
const SPARE_SENDERS = 2;
/** PostgreSQL's own default: nobody is advised to go below it. */
const SENDERS_USUAL = 10;
/** Slots may hold this much of the WAL disk; the rest is for bursts and for the time until a person reacts. */
const SLOT_SHARE_WANTED = 0.6;
const SLOT_SHARE_MAX = 0.9;
const RETRY_MAX_MS = 1_000;
const TIMEOUT_MAX_MS = 30_000;
const STATUS_MAX_MS = 10_000;
const KEEPALIVE_MAX_MS = 60_000;
const REPLAY_DELAY_MAX_MS = 300_000;

const peersWanted = ({ otherNodeNames }: SettingsContext) => Math.max(SENDERS_USUAL, otherNodeNames.length + SPARE_SENDERS);

function enoughForPeers(value: string, context: SettingsContext): Judgement {
  const count = settingCount(value);
  if (count === null) return NOT_READABLE;
  const peers = context.otherNodeNames.length;
  const to = String(peersWanted(context));
  if (count < Math.max(1, peers))
    return { verdict: 'problem', to, note: `The cluster has ${peers} other ${peers === 1 ? 'node' : 'nodes'}.` };
  return count < peers + SPARE_SENDERS ? { verdict: 'advice', to, note: 'None is spare for a base backup or a reconnect.' } : OK;
}

function timeout(value: string): Judgement {
  const ms = settingMs(value);
  if (ms === null) return NOT_READABLE;
  if (ms === 0) return { verdict: 'problem', to: '10s', note: 'It is off: a dead peer is never detected.' };
  return ms > TIMEOUT_MAX_MS ? { verdict: 'advice', to: '10s' } : OK;
}

function keepalive(to: string) {
  return (_value: string, _context: SettingsContext, all: ReadonlyMap<string, string>): Judgement => {
    const idleMs = settingMs(all.get('tcp_keepalives_idle') ?? '', 's');
    const intervalMs = settingMs(all.get('tcp_keepalives_interval') ?? '', 's');
    const count = settingCount(all.get('tcp_keepalives_count') ?? '');
    if (idleMs === null || intervalMs === null || count === null) return NOT_READABLE;
    if (idleMs === 0 || intervalMs === 0 || count === 0) {
      return { verdict: 'advice', to, note: 'The operating system’s default applies, usually two hours.' };
    }
    const detectionMs = idleMs + intervalMs * count;
    const sum = `${formatDuration(idleMs)} + ${count} × ${formatDuration(intervalMs)} = ${formatDuration(detectionMs)} until a dead peer is detected.`;
    return detectionMs > KEEPALIVE_MAX_MS ? { verdict: 'advice', to, note: sum } : { verdict: 'ok', note: sum };
  };
}
const KEEPALIVE_WHY = 'A peer that vanished without closing its connection (power, network) is detected after idle + count × interval.';

export const REPLICATION_RULES: readonly SettingRule[] = [
  {
    name: 'wal_level',
    why: 'Below replica, WAL holds too little for a standby or an archive.',
    takesEffect: 'restart',
    ...oneOf(['replica', 'logical'], 'problem'),
  },
  {
    name: 'max_wal_senders',
    wanted: (context) => `at least ${context.otherNodeNames.length + SPARE_SENDERS}: every other node and ${SPARE_SENDERS} spare`,
    why: 'After a change of primary every other node streams from this one. A base backup needs senders too.',
    takesEffect: 'restart',
    judge: enoughForPeers,
  },
  {
    name: 'max_replication_slots',
    wanted: (context) => `at least ${context.otherNodeNames.length + SPARE_SENDERS}: every other node and ${SPARE_SENDERS} spare`,
    why: 'Every node that may become primary holds a slot for each of the others.',
    takesEffect: 'restart',
    judge: enoughForPeers,
  },
  {
    name: 'hot_standby',
    why: 'Without it a standby accepts no connections: neither its state nor its lag can be seen.',
    takesEffect: 'restart',
    ...oneOf(['on'], 'problem'),
  },
  {
    name: 'max_slot_wal_keep_size',
    wanted: ({ walVolumeBytes }) =>
      walVolumeBytes === null ? 'a limit, about 60 % of the WAL disk' : `a limit, about ${writeBytes(walVolumeBytes * SLOT_SHARE_WANTED)}`,
    why: 'Without a limit, one absent standby fills the WAL disk and stops the primary.',
    takesEffect: 'reload',
    judge: (value, { walVolumeBytes }) => {
      const bytes = settingBytes(value);
      if (bytes === null) return NOT_READABLE;
      const to = walVolumeBytes === null ? {} : { to: writeBytes(walVolumeBytes * SLOT_SHARE_WANTED) };
      if (bytes < 0) return { verdict: 'problem', ...to, note: 'There is no limit.' };
      if (walVolumeBytes !== null && bytes > walVolumeBytes * SLOT_SHARE_MAX)
        return {
          verdict: 'problem',
          ...to,
          note: `The WAL disk has ${formatBytes(walVolumeBytes)}: it fills before the limit is reached.`,
        };
      return bytes === 0 ? { verdict: 'advice', ...to, note: 'Slots retain nothing beyond the next checkpoint.' } : OK;
    },
  },
  {
    name: 'wal_retrieve_retry_interval',
    wanted: () => 'at most 1 s',
    why: 'A standby waits this long before it retries its upstream, and a promotion may have to wait for it.',
    takesEffect: 'reload',
    judge: (value) => {
      const ms = settingMs(value);
      return ms === null ? NOT_READABLE : ms > RETRY_MAX_MS ? { verdict: 'advice', to: '500ms' } : OK;
    },
  },
  {
    name: 'wal_receiver_timeout',
    wanted: () => 'at most 30 s, not 0',
    why: 'How long a standby waits for a silent upstream.',
    takesEffect: 'reload',
    judge: timeout,
  },
  {
    name: 'wal_sender_timeout',
    wanted: () => 'at most 30 s, not 0',
    why: 'How long an upstream waits for a silent standby. A synchronous one holds up commits until then.',
    takesEffect: 'reload',
    judge: timeout,
  },
  {
    name: 'wal_receiver_status_interval',
    wanted: () => 'at most 10 s, not 0',
    why: 'Slots advance, and lag is reported, only when the standby reports its position.',
    takesEffect: 'reload',
    judge: (value) => {
      const ms = settingMs(value, 's');
      if (ms === null) return NOT_READABLE;
      return ms === 0 ? { verdict: 'problem', to: '1s' } : ms > STATUS_MAX_MS ? { verdict: 'advice', to: '1s' } : OK;
    },
  },
  { name: 'tcp_keepalives_idle', wanted: () => '5 to 30 s', why: KEEPALIVE_WHY, takesEffect: 'new-sessions', judge: keepalive('10') },
  { name: 'tcp_keepalives_interval', wanted: () => '2 to 10 s', why: KEEPALIVE_WHY, takesEffect: 'new-sessions', judge: keepalive('5') },
  { name: 'tcp_keepalives_count', wanted: () => '3 to 6', why: KEEPALIVE_WHY, takesEffect: 'new-sessions', judge: keepalive('3') },
  {
    name: 'hot_standby_feedback',
    why: 'When on, a long query on a standby holds back vacuum on the primary: tables bloat.',
    takesEffect: 'reload',
    ...oneOf(['off'], 'advice', 'Keep it on only where queries on a standby must not be cancelled.'),
  },
  {
    name: 'primary_slot_name',
    wanted: ({ nodeName }) => slotNameOf(nodeName),
    why: 'Without a slot the upstream may remove WAL that this standby still needs.',
    takesEffect: 'reload',
    appliesTo: ({ isStandby }) => isStandby === true,
    judge: (value, { nodeName }) => (value === '' ? { verdict: 'advice', to: slotNameOf(nodeName) } : OK),
  },
  {
    name: 'max_standby_streaming_delay',
    wanted: () => 'at most 5 min',
    why: 'A query on the standby may hold up replay for this long, which prolongs a promotion.',
    takesEffect: 'reload',
    judge: (value) => {
      const ms = settingMs(value);
      if (ms === null) return NOT_READABLE;
      if (ms < 0) return { verdict: 'problem', to: '30s', note: 'There is no limit: one query can stop replay indefinitely.' };
      return ms > REPLAY_DELAY_MAX_MS ? { verdict: 'advice', to: '30s' } : OK;
    },
  },
  {
    name: 'recovery_min_apply_delay',
    wanted: () => '0',
    why: 'A delayed standby must catch up before it can take over.',
    takesEffect: 'reload',
    judge: (value) => {
      const ms = settingMs(value);
      if (ms === null) return NOT_READABLE;
      return ms > 0 ? { verdict: 'advice', to: '0', note: 'Correct only for a standby that is delayed on purpose.' } : OK;
    },
  },
  {
    name: 'recovery_target_timeline',
    why: 'With any other value the standby does not follow a new primary.',
    takesEffect: 'restart',
    ...oneOf(['latest'], 'problem'),
  },
];
