/** Checks of a standby that is to become primary, and of the primary that it takes over from (reference/ha.md §1.7). */
import { PARAMETERS_NOT_BELOW_PRIMARY } from '../../postgres/standby-parameters.ts';
import { settingOf } from '../../findings/rule.ts';
import { formatSeconds } from '../../format/duration.ts';
import { formatBytes } from '../../format/quantity.ts';
import { check, limited, namesOrNone } from './check-making.ts';
import type { Check, Plan } from '../model.ts';
import type { Picture, PictureNode } from '../plan/planning-topology.ts';
import { rewindObstacles } from '../plan/reversion-readiness.ts';

const LAG_BYTES_MAX = 16 * 1024 ** 2;
const LAG_SECONDS_MAX = 10;
const READY_WARN = 16;
const READY_FAIL = 128;
const VERSIONS_PER_MAJOR = 10_000;

export function targetChecks(target: PictureNode, primary: PictureNode, picture: Picture): Check[] {
  const lag = target.view?.lag ?? null;
  const waits = (what: string) => `Wait until ${target.name} has ${what}, or find out what delays it.`;
  return [
    streamingCheck(target, picture),
    limited(
      {
        id: 'target-transport',
        title: `${target.name} has received the WAL`,
        threshold: `within ${formatBytes(LAG_BYTES_MAX)}`,
        node: target,
      },
      lag?.transportBytes ?? null,
      LAG_BYTES_MAX,
      (bytes) => `${formatBytes(bytes)} to receive`,
      waits('received it'),
    ),
    limited(
      { id: 'target-apply', title: `${target.name} has replayed the WAL`, threshold: `within ${formatBytes(LAG_BYTES_MAX)}`, node: target },
      lag?.applyBytes ?? null,
      LAG_BYTES_MAX,
      (bytes) => `${formatBytes(bytes)} to replay`,
      waits('replayed it'),
    ),
    limited(
      {
        id: 'target-lag',
        title: `${target.name} has no replay lag`,
        threshold: `within ${formatSeconds(LAG_SECONDS_MAX)}`,
        node: target,
      },
      lag?.seconds ?? null,
      LAG_SECONDS_MAX,
      (seconds) => `${formatSeconds(seconds)} behind`,
      waits('caught up'),
    ),
    replayCheck(target),
    sameSystemCheck(target, primary),
    parametersCheck(target, primary),
    collationCheck(target, primary),
    roomForFollowers(target, primary, picture),
  ];
}

function streamingCheck(target: PictureNode, picture: Picture): Check {
  const link = picture.input.view.links.find(({ to }) => to === target.name);
  const about = {
    id: 'target-streams',
    title: `${target.name} streams on the primary’s timeline`,
    threshold: `streaming on timeline ${picture.timeline ?? 'unknown'}`,
    node: target,
  };
  const mend = `Only a standby that streams can take over without loss. ${link?.stateReason ?? `Find out why ${target.name} does not stream.`}`;
  const timeline = target.view?.timeline ?? null;
  if (link === undefined) return check(about, 'fail', 'it streams from no known node', mend);
  if (link.state === 'unknown') return check(about, 'unknown', 'unknown', mend);
  if (timeline !== null && picture.timeline !== null && timeline !== picture.timeline)
    return check(about, 'fail', `on timeline ${timeline}`, mend);
  return check(
    about,
    link.state === 'streaming' ? 'pass' : 'fail',
    `${link.state} from ${link.from}${timeline === null ? '' : ` on timeline ${timeline}`}`,
    mend,
  );
}

function replayCheck(target: PictureNode): Check {
  const postgres = target.planning.observation?.postgres ?? null;
  const delay = settingOf(target.planning.facts, 'recovery_min_apply_delay');
  const about = { id: 'replay-runs', title: `Replay on ${target.name} runs`, threshold: 'not paused, not delayed', node: target };
  if (delay !== null && Number.parseInt(delay, 10) > 0) {
    return check(
      about,
      'fail',
      `delayed on purpose by ${delay}`,
      `A delayed standby is kept as protection against mistakes. Choose another, or unset recovery_min_apply_delay.`,
    );
  }
  if (postgres?.replayPaused == null) return check(about, 'unknown', 'unknown', `Wait until ${target.name} reports it.`);
  return check(
    about,
    postgres.replayPaused ? 'fail' : 'pass',
    postgres.replayPaused ? 'paused' : 'running',
    'If it was paused on purpose, resume it with pg_wal_replay_resume(). If the server log names insufficient parameter settings, raise them and restart instead.',
  );
}

function sameSystemCheck(target: PictureNode, primary: PictureNode): Check {
  const [own, theirs] = [target.planning.observation?.postgres, primary.planning.observation?.postgres];
  const about = {
    id: 'same-system',
    title: `${target.name} is a copy of the same system`,
    threshold: 'same system identifier and major version',
    node: target,
  };
  if (own == null || theirs == null) return check(about, 'unknown', 'unknown', 'Wait until both nodes report.');
  if (own.systemIdentifier !== theirs.systemIdentifier) {
    return check(
      about,
      'fail',
      `system identifier ${own.systemIdentifier}, not ${theirs.systemIdentifier}`,
      'It is a copy of something else. Remove it, or re-clone it.',
    );
  }
  const [major, wanted] = [own, theirs].map(({ serverVersionNumber }) => Math.floor(serverVersionNumber / VERSIONS_PER_MAJOR));
  return check(
    about,
    major === wanted ? 'pass' : 'fail',
    `PostgreSQL ${major}, system ${own.systemIdentifier}`,
    `The primary runs PostgreSQL ${wanted}. Physical replication needs the same major version.`,
  );
}

function parametersCheck(target: PictureNode, primary: PictureNode): Check {
  const about = { id: 'parameters', title: `Parameters of ${target.name} ≥ primary`, threshold: 'none below', node: target };
  const values = PARAMETERS_NOT_BELOW_PRIMARY.map((name) => ({ name, own: count(target, name), wanted: count(primary, name) }));
  const unknown = values.filter(({ own, wanted }) => own === null || wanted === null).map(({ name }) => name);
  const below = values.filter(({ own, wanted }) => own !== null && wanted !== null && own < wanted);
  if (below.length > 0) {
    return check(
      about,
      'fail',
      below.map(({ name, own, wanted }) => `${name} is ${own}, below ${wanted}`).join('; '),
      `Raise it on ${target.name} and restart it.`,
    );
  }
  return check(
    about,
    unknown.length === 0 ? 'pass' : 'unknown',
    unknown.length === 0 ? 'none below' : `unknown: ${unknown.join(', ')}`,
    'Wait until both agents have reported their settings; they do each minute.',
  );
}

function count(node: PictureNode, name: string): number | null {
  const value = settingOf(node.planning.facts, name);
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}

function collationCheck(target: PictureNode, primary: PictureNode): Check {
  const [own, theirs] = [target.planning.facts?.collation ?? null, primary.planning.facts?.collation ?? null];
  const about = { id: 'collation', title: `Collation version of ${target.name}`, threshold: theirs ?? 'unknown', node: target };
  const isSame = own !== null && own === theirs;
  return check(
    about,
    isSame ? 'pass' : 'warn',
    own ?? 'unknown',
    isSame ? '' : 'Text indexes may be corrupt after the change. Reindex them, or use the same C library.',
  );
}

/** A slot and a sender for each that will follow. */
function roomForFollowers(target: PictureNode, primary: PictureNode, picture: Picture): Check {
  const about = {
    id: 'room-for-followers',
    title: `Slots and WAL senders of ${target.name} for its followers`,
    threshold: 'a free slot and sender for each',
    node: target,
  };
  const [slotsMax, sendersMax] = [count(target, 'max_replication_slots'), count(target, 'max_wal_senders')];
  const postgres = target.planning.observation?.postgres ?? null;
  const followers = picture.before.nodes.filter(
    ({ name, upstream }) => name === primary.name || (upstream === primary.name && name !== target.name),
  );
  if (postgres === null || sendersMax === null)
    return check(about, 'unknown', 'unknown', 'Wait until its agent has reported its settings; it does each minute.');
  const newSlots = followers.filter(({ name }) => !postgres.slots.some((slot) => slot.name === name.replaceAll('-', '_'))).length;
  const freeSlots = slotsMax === null ? newSlots : slotsMax - postgres.slots.length;
  const freeSenders = sendersMax - postgres.downstreams.length;
  const isEnough = freeSlots >= newSlots && freeSenders >= followers.length;
  const value = `${freeSlots} slots and ${freeSenders} senders free, ${newSlots} and ${followers.length} needed`;
  return check(
    about,
    isEnough ? 'pass' : 'fail',
    value,
    `Raise max_replication_slots and max_wal_senders on ${target.name} and restart it.`,
  );
}

export function primaryChecks(primary: PictureNode): Check[] {
  const postgres = primary.planning.observation?.postgres ?? null;
  return [
    writableCheck(primary),
    archiveCheck(primary),
    backupCheck(primary, postgres?.downstreams.filter(({ state }) => state === 'backup').length ?? null),
    rewindCheck(primary),
  ];
}

function writableCheck(primary: PictureNode): Check {
  const state = primary.view?.state ?? 'unknown';
  const about = { id: 'primary-writable', title: `${primary.name} takes commits`, threshold: 'writable', node: primary };
  const mend = `${primary.view?.stateReason ?? ''} A switchover may still work, but its shutdown can take long.`.trim();
  return check(about, state === 'writable' ? 'pass' : 'warn', state, mend);
}

/** The shutdown waits for the archive backlog too. */
function archiveCheck(primary: PictureNode): Check {
  const archiver = primary.planning.observation?.postgres?.archiver ?? null;
  const about = {
    id: 'archive-backlog',
    title: `Archiving keeps up on ${primary.name}`,
    threshold: `fewer than ${READY_WARN} segments waiting`,
    node: primary,
  };
  if (archiver === null) return check(about, 'unknown', 'unknown', `Wait until ${primary.name} reports it.`);
  if (archiver.mode === 'off') return check(about, 'warn', 'archive_mode is off', 'There is no archive to continue after the switch.');
  if (archiver.readyCount === null)
    return check(about, 'warn', 'unknown', 'The agent can’t read archive_status; a long backlog would delay the shutdown.');
  const verdict = archiver.readyCount >= READY_FAIL ? 'fail' : archiver.readyCount >= READY_WARN ? 'warn' : 'pass';
  return check(
    about,
    verdict,
    `${archiver.readyCount} segments wait`,
    'Fix archiving first: its backlog delays the shutdown, and WAL may be missing from the archive later.',
  );
}

function backupCheck(primary: PictureNode, running: number | null): Check {
  const about = { id: 'no-backup', title: `No base backup runs on ${primary.name}`, threshold: 'none', node: primary };
  if (running === null) return check(about, 'warn', 'unknown', 'A base backup that runs now would fail.');
  return check(
    about,
    running === 0 ? 'pass' : 'warn',
    running === 0 ? 'none' : `${running} running`,
    'It will fail when the primary stops. Wait until it is done, or take it again.',
  );
}

function rewindCheck(primary: PictureNode): Check {
  const obstacles = rewindObstacles(primary.planning.facts);
  const about = { id: 'rewind-possible', title: `${primary.name} could be rewound later`, threshold: 'no obstacle', node: primary };
  if (obstacles === null)
    return check(about, 'warn', 'unknown', 'Whether pg_rewind would work is unknown; a new base backup remains possible.');
  return check(
    about,
    obstacles.length === 0 ? 'pass' : 'warn',
    obstacles[0]?.replace(/\.$/, '') ?? 'no obstacle',
    'Without a rewind, a reversion needs a new base backup.',
  );
}

/** Commits on the new primary wait for these: too few, and every commit hangs. */
export function synchronousCheck(plan: Plan, picture: Picture): Check[] {
  const { synchronous, primary } = plan.after;
  if (synchronous === null || primary === null) return [];
  const able = picture.before.nodes.filter(({ name, role }) => name !== primary && role !== 'down' && role !== 'unknown');
  const counting = able
    .filter(({ name }) => synchronous.standbys.includes(name) || synchronous.standbys.includes('*'))
    .map(({ name }) => name);
  const about = {
    id: 'synchronous-after',
    title: 'Enough synchronous standbys afterwards',
    threshold: `${synchronous.required} of ${synchronous.standbys.join(', ')}`,
  };
  const mend = 'Commits would wait for standbys that are not connected. Bring one back, or shorten synchronous_standby_names.';
  return [check(about, counting.length >= synchronous.required ? 'pass' : 'fail', namesOrNone(counting), mend)];
}
