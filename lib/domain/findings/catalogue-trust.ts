/** Catalogue: encryption, access, parity between nodes and rules about places. */
import type { CatalogueEntry } from './catalogue-entry.ts';

export const TRUST_ENTRIES = {
  'tls-off': {
    title: 'Stream is not encrypted',
    impact: 'Everything written to this cluster crosses the network in clear.',
    likelyCauses: ['sslmode in primary_conninfo is below require.', 'pg_hba.conf has a plain `host` line for replication.'],
    nextAction:
      'Set `sslmode=verify-full` in primary_conninfo on {node} and `hostssl` on its upstream, then `SELECT pg_reload_conf()` on both.',
  },
  'tls-below-1-3': {
    title: 'Stream uses weak encryption',
    impact: 'The stream is encrypted, but not as the policy (TLS 1.3) demands.',
    likelyCauses: ['ssl_max_protocol_version or ssl_min_protocol_version is set too low.', 'One side has an old OpenSSL.'],
    nextAction: "Set `ssl_min_protocol_version = 'TLSv1.3'` on both sides and reload; update OpenSSL where it is below 1.1.1.",
  },
  'certificate-expiring': {
    title: 'Certificate expires soon',
    impact: 'After it, standbys (or the agent) can’t connect any more: slots go inactive and WAL piles up.',
    likelyCauses: ['Nobody renewed it.', 'Automatic renewal fails.'],
    nextAction: 'Renew the {subject} certificate on {node}; PostgreSQL takes the new one by `SELECT pg_reload_conf()`.',
  },
  'hba-too-wide': {
    title: 'pg_hba.conf is too wide',
    impact: 'Far more addresses may try to log in, or to copy the whole database, than need to.',
    likelyCauses: ['A broad rule from setting up was left in place.'],
    nextAction:
      'On {node} narrow the line named in the evidence to the peers’ addresses (/32 or their subnet), then `SELECT pg_reload_conf()`.',
  },
  'hba-weak-method': {
    title: 'Weak authentication method',
    impact: 'Passwords can be guessed or read on the way (md5, password), or are not asked for at all (trust).',
    likelyCauses: ['An old rule was kept over upgrades.'],
    nextAction:
      'On {node} set password_encryption = scram-sha-256, set the passwords anew, and change the line to scram-sha-256; then `SELECT pg_reload_conf()`.',
  },
  'replication-superuser': {
    title: 'Replication as superuser',
    impact: 'Who steals this standby’s password owns the primary.',
    likelyCauses: ['The manual’s example was followed literally.'],
    nextAction:
      'On the primary: `CREATE ROLE replicator WITH REPLICATION LOGIN PASSWORD …`, use it in primary_conninfo of the standbys, and reload.',
  },
  'version-mismatch': {
    title: 'Versions differ',
    impact: 'A standby of another major version or architecture can’t take over; another minor version may behave differently.',
    likelyCauses: ['A rolling update has not been finished.'],
    nextAction: 'Bring {node} to the primary’s version; standbys are updated first.',
  },
  'parameter-mismatch': {
    title: 'Setting is lower than the primary’s',
    impact: 'Replay on this standby pauses when the primary uses more than it allows, and it can’t be promoted with the primary’s load.',
    likelyCauses: ['The setting was raised on the primary only.'],
    nextAction: 'On {node}: `ALTER SYSTEM SET {subject} = …` to at least the primary’s value, then restart it.',
  },
  'collation-mismatch': {
    title: 'Collation libraries differ',
    impact: 'Indexes on text may be wrong after a promotion: rows are not found, or unique values appear twice.',
    likelyCauses: ['The hosts run different releases of the operating system.'],
    nextAction:
      'Bring {node} to the same C library or ICU version. After a promotion onto it, `REINDEX` what sorts text, then `ALTER DATABASE … REFRESH COLLATION VERSION`.',
  },
  'system-identifier-mismatch': {
    title: 'Node belongs to another cluster',
    impact: 'It is no copy of this cluster’s data and could never take over.',
    likelyCauses: ['The data directory was made by initdb instead of a base backup.', 'The agent was enrolled for the wrong node.'],
    nextAction: 'Check which data directory the agent on {node} looks at; clone it from this cluster if it was meant to be a standby.',
  },
  'rewind-not-possible': {
    title: 'Could not be rewound',
    impact: 'After a failover this node could not return by pg_rewind: it would have to be cloned whole.',
    likelyCauses: ['Neither data checksums nor wal_log_hints are on.', 'full_page_writes is off.', 'Grants for pg_rewind are missing.'],
    nextAction: 'On {node}: `ALTER SYSTEM SET wal_log_hints = on` and restart, or mend what the evidence names.',
  },
  'residency-broken': {
    title: 'Data outside its jurisdiction',
    impact: 'A copy of the data stands where this cluster’s rule does not allow it.',
    likelyCauses: ['The node was placed in the wrong region.', 'The cluster’s rule or the node’s site is entered wrongly.'],
    nextAction: 'Check the site of {node}. If it is right, move the copy to an allowed region and remove this one.',
  },
  'provider-concentration': {
    title: 'All copies at one provider',
    impact: 'One provider’s failure, or a blocked account, takes every copy.',
    likelyCauses: ['No standby at another provider has been set up.'],
    nextAction: 'Add a standby at a second provider.',
  },
} satisfies Record<string, CatalogueEntry>;
