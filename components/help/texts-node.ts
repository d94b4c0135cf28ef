/** Explains how the panels of a node's page are measured; its figures and charts have texts of their own. */
import type { HelpText } from './text.ts';

export const NODE_HELP = {
  settings: {
    title: 'Settings check',
    meaning:
      'Settings that decide whether this node can replicate, take over and be rewound: the present value, the recommended one, and the line that sets it.',
    measured:
      'pg_settings, read by the agent each minute, against rules that take the node’s role and the other nodes of its cluster into account.',
  },
  access: {
    title: 'Access',
    meaning: 'Who may connect from where, in the order in which PostgreSQL reads it, and the risk of each line.',
    measured: 'pg_hba_file_rules and pg_roles, read by the agent each minute. It is the file as it is, loaded or not.',
    limits: 'Unknown where the agent may not read it.',
  },
  transport: {
    title: 'Streams and certificates',
    meaning: 'How the WAL to and from this node is protected, and how long each certificate lasts.',
    measured:
      'Streams: pg_stat_replication and pg_stat_ssl of the sender, each second. Certificates: the files the server names, and the agent’s own, each minute.',
    limits: '“Left” counts in days against Farshore’s clock.',
  },
  parity: {
    title: 'Parity',
    meaning: 'Differences from the primary, and whether they block a promotion.',
    measured: 'Versions, libraries, extensions and settings that both agents read, each minute.',
  },
  log: {
    title: 'Log of changes',
    meaning: 'Changes of role, timeline and state, as Farshore saw them.',
    measured: 'At each evaluation, about once a second. At most 40 changes of a kind are kept per node and hour.',
  },
  checkpoints: {
    title: 'Checkpoints',
    meaning: 'When the last one finished, and how many were timed or requested. Many requested ones: max_wal_size is small for the load.',
    measured: 'pg_stat_bgwriter or pg_stat_checkpointer each second, since the statistics were reset; pg_control each minute.',
  },
  clock: {
    title: 'Clock',
    meaning: 'How far this node’s clock is from the controller’s, and how well that is known, in milliseconds or more.',
    measured: 'From the round trip of the agent’s own requests; beside it chrony’s own figure, where it runs.',
  },
  rewind: {
    title: 'Rewind',
    meaning: 'Conditions that would prevent pg_rewind of this node, so that it would have to be re-cloned.',
    measured: 'Checksums or wal_log_hints, the grants of the rewind role and WAL that is still available, tested by the agent each minute.',
  },
  findings: {
    title: 'Findings of this node',
    meaning: 'Open findings of this node, and below them the resolved ones.',
    measured: 'By every evaluation, about once a second. The findings page explains how findings open and close.',
  },
} as const satisfies Record<string, HelpText>;
