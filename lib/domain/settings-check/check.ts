/** Checks the settings of a node: the value, what is recommended and why, and the exact line that changes it. */
import type { Setting } from '../../agent-contract/facts.ts';
import { PARAMETERS_NOT_BELOW_PRIMARY } from '../postgres/standby-parameters.ts';
import { settingCount } from './quantity.ts';
import type { Judgement, SettingRule, SettingVerdict, SettingsContext, TakesEffect } from './rule.ts';
import { NOT_READABLE, OK } from './rule.ts';
import { REPLICATION_RULES } from './rules-replication.ts';
import { SAFETY_RULES } from './rules-safety.ts';

export type { SettingVerdict, SettingsContext, TakesEffect } from './rule.ts';

export interface SettingCheck {
  name: string;
  /** As PostgreSQL prints it; `null` = unknown. */
  current: string | null;
  /** Where it comes from, such as `configuration file`. */
  source: string | null;
  wanted: string;
  why: string;
  verdict: SettingVerdict;
  takesEffect: TakesEffect;
  /** The file says something else already, which a restart takes. */
  pendingRestart: boolean;
  /** Statements that correct it; `null` where there is nothing to do or no value can be named. */
  lines: string[] | null;
  note: string | null;
}

const VERDICT_RANK: Record<SettingVerdict, number> = { problem: 0, advice: 1, unknown: 2, ok: 3 };
/** Sources that hold for the agent's own connection only. */
const OWN_SOURCES = ['client', 'session'];
/** A value given there wins over what ALTER SYSTEM writes. */
const STRONGER_SOURCES = ['command line', 'environment variable', 'override'];

/** A standby that allows less than its primary stops replaying. */
const PARITY_RULES: readonly SettingRule[] = PARAMETERS_NOT_BELOW_PRIMARY.map((name) => ({
  name,
  wanted: (context) => `at least the primary’s ${primarys(context, name) ?? 'value'}`,
  why: 'Replay stops when WAL reaches the primary’s higher value, and this standby can’t take the primary’s load.',
  takesEffect: 'restart',
  appliesTo: (context) => primarys(context, name) !== null,
  judge: (value, context): Judgement => {
    const [own, theirs] = [settingCount(value), settingCount(primarys(context, name) ?? '')];
    if (own === null || theirs === null) return NOT_READABLE;
    return own < theirs ? { verdict: 'problem', to: String(theirs), note: `The primary’s is ${theirs}.` } : OK;
  },
}));

function primarys(context: SettingsContext, name: string): string | null {
  return context.primarySettings?.find((setting) => setting.name === name)?.value ?? null;
}

/**
 * Judges every setting that matters for recovery, worst first. `read` is what the agent read; `null` = it could not, and every
 * verdict is unknown. A setting that this version of PostgreSQL does not have is left out.
 */
export function checkSettings(read: readonly Setting[] | null, context: SettingsContext): SettingCheck[] {
  const settings = read?.filter(({ source }) => !OWN_SOURCES.includes(source)) ?? null;
  const all = new Map(settings?.map(({ name, value }) => [name, value]));
  const byName = new Map(settings?.map((setting) => [setting.name, setting]));
  const checks = new Map<string, SettingCheck>();
  for (const rule of [...PARITY_RULES, ...REPLICATION_RULES, ...SAFETY_RULES]) {
    const setting = byName.get(rule.name) ?? null;
    if (settings !== null && setting === null) continue;
    if (rule.appliesTo?.(context, all) === false) continue;
    const check = checkOne(rule, setting, context, all);
    // Of two rules about one setting the graver holds; max_wal_senders must suffice for the peers and for the primary.
    const other = checks.get(rule.name);
    if (other === undefined || VERDICT_RANK[check.verdict] < VERDICT_RANK[other.verdict]) checks.set(rule.name, check);
  }
  return [...checks.values()].sort((a, b) => VERDICT_RANK[a.verdict] - VERDICT_RANK[b.verdict] || a.name.localeCompare(b.name));
}

function checkOne(rule: SettingRule, setting: Setting | null, context: SettingsContext, all: ReadonlyMap<string, string>): SettingCheck {
  const judged: Judgement = setting === null ? { verdict: 'unknown' } : rule.judge(setting.value, context, all);
  const notes = [judged.note, setting === null ? undefined : noteOn(setting, judged)].filter((note) => note !== undefined);
  return {
    name: rule.name,
    current: setting?.value ?? null,
    source: setting?.source ?? null,
    wanted: rule.wanted(context),
    why: rule.why,
    // A value that holds only until the next restart is not OK.
    verdict: setting?.pendingRestart === true && judged.verdict === 'ok' ? 'advice' : judged.verdict,
    takesEffect: rule.takesEffect,
    pendingRestart: setting?.pendingRestart ?? false,
    lines: judged.verdict === 'ok' || judged.verdict === 'unknown' ? null : linesFor(rule, judged, context),
    note: notes.length === 0 ? null : notes.join(' '),
  };
}

function noteOn(setting: Setting, judged: Judgement): string | undefined {
  if (setting.pendingRestart) return 'The configuration file already has another value: it takes effect on a restart.';
  if (judged.to !== undefined && STRONGER_SOURCES.includes(setting.source)) {
    return `It is set by the ${setting.source}, which overrides the line below: change it there.`;
  }
  return undefined;
}

/** The exact lines, with what makes them take effect. */
function linesFor(rule: SettingRule, judged: Judgement, context: SettingsContext): string[] | null {
  if (rule.takesEffect === 'stopped-server') {
    return context.dataDirectory === null ? null : [`pg_checksums --enable --progress -D ${shellQuoted(context.dataDirectory)}`];
  }
  if (judged.to === undefined) return null;
  const set = `ALTER SYSTEM SET ${rule.name} = '${judged.to.replaceAll("'", "''")}';`;
  return rule.takesEffect === 'restart' ? [set] : [set, 'SELECT pg_reload_conf();'];
}

const shellQuoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
