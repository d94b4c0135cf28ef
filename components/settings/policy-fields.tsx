/** Draws a field for each setting of a cluster from its description, and reads them back. */
import { OPERATION_KINDS, kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import type {
  ClusterPolicy,
  PolicyChanges,
  SettingDescription,
  SettingGroup,
  SettingName,
} from '../../lib/domain/policy/cluster-policy.ts';
import { CLUSTER_SETTINGS, SETTING_NAMES } from '../../lib/domain/policy/cluster-policy.ts';
import { settingFromText } from '../../lib/domain/policy/setting-text.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { OBJECTIVE_UNITS, objectiveParts, objectiveSeconds } from './objective.ts';

export const GROUPS: readonly { group: SettingGroup; title: string }[] = [
  { group: 'purpose', title: 'Purpose' },
  { group: 'objectives', title: 'Objectives' },
  { group: 'residency', title: 'Residency' },
  { group: 'approvals', title: 'Approvals' },
];

export const settingsOf = (group: SettingGroup): SettingName[] => SETTING_NAMES.filter((name) => CLUSTER_SETTINGS[name].group === group);

const TEXT_LENGTH_MAX = 200;
/** Of a kind that has no number of its own. */
const AS_THE_REST = '';

/** The fields of these groups, with the values of `policy`. */
export function PolicyFields({ policy, groups }: { policy: ClusterPolicy; groups: readonly SettingGroup[] }) {
  return GROUPS.filter(({ group }) => groups.includes(group)).map(({ group, title }) => (
    <fieldset key={group} className="space-y-3 border-t border-line pt-3">
      <legend className="pr-3 text-xs font-semibold text-muted">{title}</legend>
      {settingsOf(group).map((name) => (
        <div key={name}>
          <SettingField name={name} description={CLUSTER_SETTINGS[name]} policy={policy} />
          <p className="mt-1 text-xs text-muted">{CLUSTER_SETTINGS[name].hint}</p>
        </div>
      ))}
    </fieldset>
  ));
}

function SettingField({ name, description, policy }: { name: SettingName; description: SettingDescription; policy: ClusterPolicy }) {
  const { form, label, choices } = description;
  const value = policy[name];
  const plain = { label, name, autoComplete: 'off' };
  switch (form) {
    case 'choice':
      return (
        <Choice
          label={label}
          name={name}
          defaultValue={String(value ?? 'none')}
          choices={choices.map((choice) => ({ value: String(choice.value ?? 'none'), label: choice.label }))}
        />
      );
    case 'duration':
      return <DurationField name={name} label={label} seconds={typeof value === 'number' ? value : null} />;
    case 'text':
      return <Field {...plain} defaultValue={typeof value === 'string' ? value : ''} maxLength={TEXT_LENGTH_MAX} />;
    case 'codes':
      return (
        <Field {...plain} defaultValue={Array.isArray(value) ? value.join(', ') : ''} placeholder="anywhere" maxLength={TEXT_LENGTH_MAX} />
      );
    case 'count-by-kind':
      return <CountByKind name={name} label={label} choices={choices} counts={policy.approvalsByKind} />;
  }
}

function DurationField({ name, label, seconds }: { name: string; label: string; seconds: number | null }) {
  const { amount, unit } = objectiveParts(seconds);
  return (
    <div className="grid grid-cols-[1fr_9rem] gap-3">
      <Field label={label} name={name} defaultValue={amount} inputMode="numeric" placeholder="none" autoComplete="off" maxLength={9} />
      <Choice label="Unit" aria-label={`Unit of ${label}`} name={`${name} unit`} defaultValue={unit} choices={OBJECTIVE_UNITS} />
    </div>
  );
}

function CountByKind(props: {
  name: string;
  label: string;
  choices: SettingDescription['choices'];
  counts: Readonly<Record<string, number>>;
}) {
  const choices = [
    { value: AS_THE_REST, label: 'same as the rest' },
    ...props.choices.map(({ value, label }) => ({ value: String(value), label })),
  ];
  return (
    <details>
      <summary className="cursor-pointer text-[13px] font-medium">{props.label}</summary>
      <div className="mt-2 grid gap-3 sm:grid-cols-2">
        {OPERATION_KINDS.map((kind) => (
          <Choice
            key={kind}
            label={kindOf(kind).words.name}
            name={`${props.name} ${kind}`}
            defaultValue={String(props.counts[kind] ?? AS_THE_REST)}
            choices={choices}
          />
        ))}
      </div>
    </details>
  );
}

/** The values of the fields of these groups, or a sentence. The command checks them. */
export function readPolicyFields(form: FormData, policy: ClusterPolicy, groups: readonly SettingGroup[]): PolicyChanges | string {
  const changes: Record<string, unknown> = {};
  for (const name of groups.flatMap(settingsOf)) {
    const text = String(form.get(name) ?? '');
    switch (CLUSTER_SETTINGS[name].form) {
      case 'duration': {
        const seconds = objectiveSeconds(text, String(form.get(`${name} unit`) ?? ''));
        if (typeof seconds === 'string') return seconds;
        changes[name] = seconds;
        break;
      }
      case 'count-by-kind':
        changes[name] = countsIn(form, name, policy.approvalsByKind);
        break;
      default:
        changes[name] = settingFromText(name, text);
    }
  }
  return changes;
}

/** Kinds that this release does not know keep their number. */
function countsIn(form: FormData, name: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const known = new Set<string>(OPERATION_KINDS);
  const kept = Object.entries(before).filter(([kind]) => !known.has(kind));
  const chosen = OPERATION_KINDS.map((kind) => [kind, String(form.get(`${name} ${kind}`) ?? AS_THE_REST)] as const);
  return Object.fromEntries([
    ...kept,
    ...chosen.filter(([, count]) => count !== AS_THE_REST).map(([kind, count]) => [kind, Number(count)] as const),
  ]);
}
