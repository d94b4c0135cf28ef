/** Compares a node with its cluster's primary: what must match before it can take over, and what should. */
import type { NodeFacts } from '../../agent-contract/facts.ts';
import { PARAMETERS_NOT_BELOW_PRIMARY } from '../postgres/standby-parameters.ts';
import { settingOf } from '../findings/rule.ts';

/** `blocks`: it stands in the way of a promotion; `differs`: it works, but not as on the primary. */
export type ParityVerdict = 'same' | 'differs' | 'blocks' | 'unknown';

export interface ParityRow {
  what: string;
  own: string | null;
  primary: string | null;
  verdict: ParityVerdict;
  /** Why it matters; only where it is not the same. */
  why: string | null;
}

const RANK: Record<ParityVerdict, number> = { blocks: 0, differs: 1, unknown: 2, same: 3 };

/** Settings that should be alike, each with what follows when they are not. */
const SETTINGS: readonly [name: string, why: string][] = [
  ['wal_level', 'After a promotion WAL may lack what standbys or the archive need.'],
  ['wal_log_hints', 'After a promotion it may not be possible to rewind this node.'],
  ['data_checksums', 'Damage is detected on one of the two only.'],
  ['max_replication_slots', 'After a promotion there may be too few slots.'],
  ['max_slot_wal_keep_size', 'After a promotion slots have another limit.'],
  ['archive_mode', 'After a promotion archiving may stop.'],
  ['synchronous_commit', 'After a promotion commits have another durability.'],
  ['ssl_min_protocol_version', 'After a promotion clients may fail to connect, or connect less safely.'],
  ['password_encryption', 'Passwords set after a promotion are hashed differently.'],
  ['shared_buffers', 'After a promotion it may be slower.'],
  ['server_encoding', 'They are not copies of each other.'],
  ['lc_collate', 'Text sorts differently.'],
  ['lc_ctype', 'Characters are classified differently.'],
];

/** `primary` is `null` when its facts are unknown. Differences come first. */
export function compareWithPrimary(own: NodeFacts, primary: NodeFacts | null): ParityRow[] {
  const rows: ParityRow[] = [
    versionRow(own, primary),
    compared(
      'Architecture',
      own.architecture,
      primary?.architecture ?? null,
      'blocks',
      'Physical replication needs the same architecture.',
    ),
    compared('Collation library', own.collation, primary?.collation ?? null, 'differs', 'Indexes on text may be wrong after a promotion.'),
    ...PARAMETERS_NOT_BELOW_PRIMARY.map((name) => parameterRow(name, own, primary)),
    ...SETTINGS.map(([name, why]) => compared(name, settingOf(own, name), settingOf(primary, name), 'differs', why)),
    compared(
      'Operating system',
      own.operatingSystem,
      primary?.operatingSystem ?? null,
      'differs',
      'Libraries may differ, and with them collation.',
    ),
    compared('OpenSSL', own.openssl, primary?.openssl ?? null, 'differs', 'TLS versions and ciphers may differ.'),
    compared('Agent', own.agentVersion, primary?.agentVersion ?? null, 'differs', 'An update of the agents is unfinished.'),
    ...extensionRows(own, primary),
  ];
  // A setting that neither has (another version of PostgreSQL) says nothing.
  return rows
    .filter((row) => row.own !== null || row.primary !== null || !SETTINGS.some(([name]) => name === row.what))
    .sort((a, b) => RANK[a.verdict] - RANK[b.verdict]);
}

function compared(what: string, own: string | null, primary: string | null, otherwise: 'differs' | 'blocks', why: string): ParityRow {
  const verdict = own === null || primary === null ? 'unknown' : own === primary ? 'same' : otherwise;
  return { what, own, primary, verdict, why: verdict === 'differs' || verdict === 'blocks' ? why : null };
}

function versionRow(own: NodeFacts, primary: NodeFacts | null): ParityRow {
  const version = (facts: NodeFacts | null) => settingOf(facts, 'server_version') ?? facts?.postgresVersion ?? null;
  const row = compared('PostgreSQL', version(own), version(primary), 'differs', 'Another minor version may behave differently.');
  const [mine, theirs] = [majorOf(own), majorOf(primary)];
  if (mine === null || theirs === null || mine === theirs) return row;
  return { ...row, verdict: 'blocks', why: 'A node of another major version can’t take over.' };
}

function majorOf(facts: NodeFacts | null): number | null {
  const number = Number(settingOf(facts, 'server_version_num') ?? Number.NaN);
  return Number.isInteger(number) ? Math.floor(number / 10_000) : null;
}

function parameterRow(name: string, own: NodeFacts, primary: NodeFacts | null): ParityRow {
  const [mine, theirs] = [settingOf(own, name), settingOf(primary, name)];
  const row = compared(
    name,
    mine,
    theirs,
    'differs',
    'Higher than on the primary: harmless now, but other nodes may fall short once this one is primary.',
  );
  if (row.verdict !== 'differs' || !(Number(mine) < Number(theirs))) return row;
  return { ...row, verdict: 'blocks', why: 'Lower than on the primary: replay stops at the primary’s higher value in WAL.' };
}

/** One row for each extension that the two do not share alike, or one that says they do. */
function extensionRows(own: NodeFacts, primary: NodeFacts | null): ParityRow[] {
  const list = (facts: NodeFacts | null) =>
    facts?.extensions == null ? null : new Map(facts.extensions.map(({ name, version }) => [name, version]));
  const [mine, theirs] = [list(own), list(primary)];
  const counted = (all: Map<string, string> | null) => (all === null ? null : `${all.size} installed`);
  if (mine === null || theirs === null)
    return [{ what: 'Extensions', own: counted(mine), primary: counted(theirs), verdict: 'unknown', why: null }];
  const names = [...new Set([...mine.keys(), ...theirs.keys()])].sort();
  const different = names.filter((name) => mine.get(name) !== theirs.get(name));
  if (different.length === 0) return [{ what: 'Extensions', own: counted(mine), primary: counted(theirs), verdict: 'same', why: null }];
  return different.map((name) => ({
    what: `Extension ${name}`,
    own: mine.get(name) ?? 'not installed',
    primary: theirs.get(name) ?? 'not installed',
    verdict: 'differs',
    why: 'Functions of the primary may be missing or behave differently.',
  }));
}
