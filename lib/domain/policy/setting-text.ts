/** Reads and writes a setting of a cluster as text, for forms, terminals and lists. */
import { formatSeconds } from '../format/duration.ts';
import type { ClusterPolicy, SettingDescription, SettingName } from './cluster-policy.ts';
import { CLUSTER_SETTINGS } from './cluster-policy.ts';

const describe = (name: SettingName): SettingDescription => CLUSTER_SETTINGS[name];

/** The value that a text stands for, unchecked: the schema judges it. `none` and nothing at all are `null`. */
export function settingFromText(name: SettingName, text: string): unknown {
  const { form, choices } = describe(name);
  const trimmed = text.trim();
  const isNone = trimmed === '' || trimmed === 'none';
  switch (form) {
    case 'choice':
      return choices.find(({ value }) => String(value ?? 'none') === (isNone ? 'none' : trimmed))?.value ?? (isNone ? null : trimmed);
    case 'duration':
      return isNone ? null : Number(trimmed);
    case 'text':
      return isNone ? null : trimmed;
    case 'codes':
      return isNone ? [] : listOf(trimmed).map((code) => code.toUpperCase());
    case 'count-by-kind':
      return isNone ? {} : Object.fromEntries(listOf(trimmed).map((entry) => kindAndCount(entry)));
  }
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

function kindAndCount(entry: string): [string, number] {
  const [kind = '', count = ''] = entry.split('=').map((part) => part.trim());
  return [kind, count === '' ? Number.NaN : Number(count)];
}

/** For a list of facts. */
export function settingInWords<N extends SettingName>(name: N, value: ClusterPolicy[N]): string {
  const { form, choices } = describe(name);
  switch (form) {
    case 'choice':
      return choices.find((choice) => choice.value === value)?.label ?? String(value);
    case 'duration':
      if (typeof value !== 'number') return 'not set';
      return choices.find((choice) => choice.value === value)?.label ?? (value === 0 ? '0 s' : `≤ ${formatSeconds(value)}`);
    case 'text':
      return value === null ? 'not stated' : String(value);
    case 'codes':
      return Array.isArray(value) && value.length > 0 ? value.join(', ') : 'anywhere';
    case 'count-by-kind': {
      const entries = Object.entries(value ?? {});
      return entries.length === 0 ? 'the same for all' : entries.map(([kind, count]) => `${kind} ${count}`).join(', ');
    }
  }
}
