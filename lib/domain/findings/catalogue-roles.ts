/** Catalogue: nodes, roles and streams. */
import type { CatalogueEntry } from './catalogue-entry.ts';

export const ROLE_ENTRIES = {
  'node-not-seen': {
    title: 'Node not seen',
    impact: 'Nothing about this node is known now: neither whether PostgreSQL runs nor how far behind it is.',
    likelyCauses: ['The host is down.', 'The agent is stopped.', 'The network between the agent and the controller is cut.'],
    nextAction:
      'On the host run `systemctl status farshore-agent` and `farshore-agent status` (it works without the controller). If the host does not answer either, ask the provider’s console before concluding that PostgreSQL is dead.',
  },
  'server-not-running': {
    title: 'PostgreSQL is not running',
    impact: 'This node serves nobody; if it is the primary, nothing can be written.',
    likelyCauses: ['It was stopped.', 'It crashed, for example because its disk is full.', 'The host has just started.'],
    nextAction:
      'Read the last lines of the server log on {node}, then start PostgreSQL the usual way. If another node was promoted meanwhile, do not start this one as a primary: it has to be rewound first.',
  },
  'server-not-responding': {
    title: 'PostgreSQL does not respond',
    impact: 'Clients of this node hang or are refused. Whether it still accepts writes is not known.',
    likelyCauses: ['The process is frozen or the host overloaded.', 'Its disk hangs.', 'All connections are taken (max_connections).'],
    nextAction:
      "On {node} look at load, disk and `dmesg`. If all connections are taken, end idle ones: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle'`. Before promoting another node make sure that this one can’t come back to life as a primary.",
  },
  'primary-not-writable': {
    title: 'The primary does not commit',
    impact: 'Applications can’t write, although PostgreSQL is up.',
    likelyCauses: [
      'Commits wait for a synchronous standby that is away.',
      'The disk is full or hangs.',
      'All connections are taken.',
      'default_transaction_read_only is on.',
    ],
    nextAction:
      'Read the reason in the evidence. If commits wait for standbys: `SELECT application_name, state, sync_state FROM pg_stat_replication` on {node}, and bring the missing standby back.',
  },
  'no-primary': {
    title: 'No primary',
    impact: 'Nothing can be written to this cluster.',
    likelyCauses: ['The primary was stopped or crashed.', 'A switchover was interrupted between stopping and promoting.'],
    nextAction:
      'First try to start the last primary: it loses nothing. Only if it can’t be started, fence it and promote the standby that holds most; see the RPO line for what would be missing.',
  },
  'two-writable-nodes': {
    title: 'Two nodes accept writes',
    impact: 'Split brain: each takes writes that the other will never have. Every second adds data that has to be reconciled by hand.',
    likelyCauses: ['A standby was promoted while the old primary went on.', 'An old primary was started again after a failover.'],
    nextAction:
      'Decide which one holds the term, and stop the other at once: `pg_ctl stop -m fast`. Keep its data directory and WAL as they are; what only it has is needed for the loss ledger.',
  },
  'node-out-of-term': {
    title: 'Writable under an older term',
    impact: 'This node accepts writes although another one leads the cluster: they will be lost when it is rewound.',
    likelyCauses: ['An old primary was started again without standby.signal.', 'It was never fenced at the failover.'],
    nextAction: 'Stop PostgreSQL on {node} (`pg_ctl stop -m fast`), keep its WAL, then rewind it from the current primary.',
  },
  'timeline-fork': {
    title: 'Timelines have forked',
    impact: 'This node holds WAL that the primary never had: it can’t follow it, and can’t take over without losing the primary’s writes.',
    likelyCauses: ['It was promoted, or started out of recovery, for a while.', 'It was ahead of the node that was promoted.'],
    nextAction: 'Keep its WAL for inspection, then rewind {node} from the primary, or clone it anew.',
  },
  'standby-not-receiving': {
    title: 'Standby receives no WAL',
    impact: 'It falls further behind each second, and would lose that much if it had to take over. Its own lag figure may still say 0.',
    likelyCauses: [
      'primary_conninfo is wrong, or the password or certificate has expired.',
      'The network between the two is cut, perhaps in one direction only.',
      'The upstream is down or has no free walsender or slot.',
      'The WAL that it needs has been removed.',
    ],
    nextAction:
      'On {node} read the newest lines of the server log that name “walreceiver”, and check `SELECT * FROM pg_stat_wal_receiver` and `SHOW primary_conninfo`. After mending: `SELECT pg_reload_conf()`.',
  },
  'standby-left-behind': {
    title: 'Standby follows a former primary',
    impact: 'It receives nothing from the node that leads now: it falls further behind each second and can’t take over.',
    likelyCauses: [
      'It was not seen when another node took over, so that nobody told it.',
      'It was started again with the settings from before.',
    ],
    nextAction:
      'Re-parent {node} to the present primary: “Re-parent…” among the operations of {node}. If it holds WAL that the primary never had, the plan says so, and it is reverted instead.',
  },
  'standby-not-seen-by-upstream': {
    title: 'Upstream does not hear the standby',
    impact:
      'The standby believes that it streams, but nothing it acknowledges arrives: synchronous commits would wait, and WAL is kept for it.',
    likelyCauses: ['The network is cut in one direction.', 'A dead connection has not timed out yet.', 'It streams from another node.'],
    nextAction:
      'Compare `SELECT * FROM pg_stat_replication` on the upstream with `SELECT * FROM pg_stat_wal_receiver` on {node}, and check firewalls and routes from the standby to the upstream.',
  },
  'replay-stalled': {
    title: 'Replay is stalled',
    impact: 'WAL arrives but is not applied: reads are old, and a promotion takes as long as the backlog needs.',
    likelyCauses: ['A long query on the standby conflicts with replay.', 'Its disk is slow or hangs.', 'It waits for a lock in recovery.'],
    nextAction:
      "On {node}: `SELECT pid, now() - xact_start AS age, query FROM pg_stat_activity WHERE state <> 'idle' ORDER BY age DESC`. End the query that holds replay, or lower max_standby_streaming_delay.",
  },
  'replay-paused': {
    title: 'Replay is paused',
    impact: 'Somebody paused replay: the standby falls behind on purpose until it is resumed.',
    likelyCauses: ['pg_wal_replay_pause() was called.', 'recovery_target_action is pause and the target was reached.'],
    nextAction: 'If the pause is no longer wanted: `SELECT pg_wal_replay_resume()` on {node}.',
  },
  'standby-missing': {
    title: 'Expected standby is missing',
    impact: 'The cluster has fewer copies than planned.',
    likelyCauses: [
      'The host or PostgreSQL on it is down.',
      'Its agent was never enrolled.',
      'It was taken out without being retired here.',
    ],
    nextAction:
      'Bring {node} back. If it is gone for good, retire it in Farshore and drop its slot on the upstream so that no WAL is kept for it.',
  },
  'sync-standby-missing': {
    title: 'Synchronous standby missing',
    impact: 'Fewer synchronous standbys are connected than each commit needs: commits wait until one is back.',
    likelyCauses: ['A standby named in synchronous_standby_names is down or cut off.', 'Its application_name does not match.'],
    nextAction:
      'Bring the standby back. Only if data loss is acceptable: shorten synchronous_standby_names on {node} and `SELECT pg_reload_conf()`.',
  },
  'clock-skew': {
    title: 'Clock is off',
    impact: 'Times in logs and certificates do not line up with those of other nodes. Farshore corrects its own figures by the offset.',
    likelyCauses: ['chronyd or ntpd is not running.', 'The host was suspended.'],
    nextAction: 'On {node}: `chronyc tracking`, then `systemctl restart chronyd`.',
  },
  'identity-duplicated': {
    title: 'Two agents with one identity',
    impact: 'Somebody holds a copy of this node’s key. Its identity is locked: no report of it is believed until it is enrolled anew.',
    likelyCauses: ['The agent’s state directory was copied with a disk image or a clone.', 'The key was stolen.'],
    nextAction: 'Find the second host. Then issue a new join token for {node} and run `farshore-agent join` on the right one.',
  },
  'agent-problem': {
    title: 'Agent can’t see everything',
    impact: 'Some facts about this node stay unknown, and the findings that rest on them can’t open.',
    likelyCauses: ['A grant, setting or binary is missing on the node.'],
    nextAction: 'On {node} run `farshore-agent check`: it prints the exact SQL or line that mends each problem.',
  },
  'agent-unable': {
    title: 'Agent can not act',
    impact: 'Operations that need this node are blocked: Farshore can neither stop, promote, re-parent nor revert it.',
    likelyCauses: ['A grant of the control role is missing.', 'A binary, a password file or a directory is missing or not readable.'],
    nextAction: 'On {node} run `farshore-agent check`: it prints the exact SQL or line that mends each obstacle.',
  },
  'directory-unusable': {
    title: 'Data directory must not be started',
    impact: 'A rewind, restore or copy did not finish: the directory is half one thing and half another. Farshore never starts it.',
    likelyCauses: [
      'The operation was cancelled or failed.',
      'The agent or host was stopped in the middle of it.',
      'WAL that it needed was gone.',
    ],
    nextAction: 'Revert {node} again; if a rewind failed, choose the new base backup. Do not start PostgreSQL there by hand.',
  },
  'journal-broken': {
    title: 'Agent’s journal does not continue',
    impact:
      'The agent’s own record of what it performed has a gap or was changed, so it proves nothing about that time. All parts are kept.',
    likelyCauses: [
      'The agent was installed again, or its state directory was replaced or restored from a backup.',
      'A disk lost a part of the file.',
      'Somebody edited the journal.',
    ],
    nextAction:
      'Find out who replaced or touched the state directory of {node} at that time; the audit log has the moment. When it is explained, acknowledge this finding with the reason. It closes by itself 30 days after the break.',
  },
} satisfies Record<string, CatalogueEntry>;
