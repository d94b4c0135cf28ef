/** Describes every setting of a cluster in one place: its values, its default, and how people are asked for it (decision 0029). */
import { z } from 'zod';
import { DISPLAYABLE_TEXT } from '../format/displayable-text.ts';
import { JURISDICTION, JURISDICTION_SENTENCE } from './jurisdiction.ts';

const OBJECTIVE_SECONDS_MAX = 30 * 24 * 3600;
const SOURCE_LENGTH_MAX = 200;
const APPROVALS_MAX = 2;
const JURISDICTIONS_MAX = 50;
const KINDS_MAX = 50;

const objective = z
  .number({ error: 'an objective is a number of seconds' })
  .int('an objective is a whole number of seconds')
  .min(0, 'an objective is not negative')
  .max(OBJECTIVE_SECONDS_MAX, 'an objective is 30 days at most')
  .nullable();
const source = z
  .string()
  .trim()
  .min(1, 'a source is not empty')
  .max(SOURCE_LENGTH_MAX, `a source has more than ${SOURCE_LENGTH_MAX} characters`)
  .regex(DISPLAYABLE_TEXT, 'a source holds no control characters, < or >')
  .nullable();
const approvals = z
  .number({ error: 'approvals are a number of people' })
  .int('a number of people is a whole number')
  .min(0, 'a number of people is not negative')
  .max(APPROVALS_MAX, `${APPROVALS_MAX} approvals at most can be required`);

/** How a value is asked for and shown. `codes`: a list; `count-by-kind`: a count for some kinds of operation. */
export type SettingForm = 'choice' | 'duration' | 'text' | 'codes' | 'count-by-kind';
export type SettingGroup = 'purpose' | 'objectives' | 'residency' | 'approvals';

export interface SettingDescription {
  group: SettingGroup;
  label: string;
  hint: string;
  form: SettingForm;
  /** Its heading in the table of all clusters; `null` = it is shown on the page of its cluster only. */
  column: string | null;
  /** Values of a `choice`, the counts of a `count-by-kind`, and values of a `duration` that have a word. */
  choices: readonly { value: string | number | null; label: string }[];
}

const PEOPLE = [
  { value: 0, label: '0: nobody else' },
  { value: 1, label: '1: one other person' },
  { value: 2, label: '2: two other people' },
] as const;

interface Setting<S extends z.ZodType> extends SettingDescription {
  /** With the default that a stored policy without this setting gets. */
  schema: S;
}

const setting = <S extends z.ZodType>(one: Setting<S>): Setting<S> => one;

export const CLUSTER_SETTINGS = {
  environment: setting({
    group: 'purpose',
    label: 'Environment',
    hint: 'Production is what people and money depend on.',
    form: 'choice',
    column: null,
    choices: ['production', 'staging', 'test', 'lab'].map((value) => ({ value, label: value })),
    schema: z.enum(['production', 'staging', 'test', 'lab']).default('production'),
  }),
  tier: setting({
    group: 'purpose',
    label: 'Tier',
    hint: 'Its rank among your systems: 1 is recovered first.',
    form: 'choice',
    column: null,
    choices: [{ value: null, label: 'not ranked' }, ...[1, 2, 3, 4].map((value) => ({ value, label: `tier ${value}` }))],
    schema: z.number().int('a tier is 1 to 4').min(1, 'a tier is 1 to 4').max(4, 'a tier is 1 to 4').nullable().default(null),
  }),
  rtoObjectiveSeconds: setting({
    group: 'objectives',
    label: 'RTO: back in service within',
    hint: 'How long a recovery may take. Empty: no objective.',
    form: 'duration',
    column: 'RTO objective',
    choices: [],
    schema: objective.default(null),
  }),
  rtoObjectiveSource: setting({
    group: 'objectives',
    label: 'Source of the RTO',
    hint: 'Who set it, or the document that does.',
    form: 'text',
    column: null,
    choices: [],
    schema: source.default(null),
  }),
  rpoObjectiveSeconds: setting({
    group: 'objectives',
    label: 'RPO: lose at most',
    hint: 'How much of the newest acknowledged work may be lost. 0 seconds: none. Empty: no objective.',
    form: 'duration',
    column: 'RPO objective',
    choices: [{ value: 0, label: 'no loss' }],
    schema: objective.default(null),
  }),
  rpoObjectiveSource: setting({
    group: 'objectives',
    label: 'Source of the RPO',
    hint: 'Who set it, or the document that does.',
    form: 'text',
    column: null,
    choices: [],
    schema: source.default(null),
  }),
  jurisdictions: setting({
    group: 'residency',
    label: 'Where its data may reside',
    hint: 'Country codes or EU, separated by commas, such as US, CA. Empty: anywhere.',
    form: 'codes',
    column: 'Data may be in',
    choices: [],
    schema: z.array(z.string().regex(JURISDICTION, JURISDICTION_SENTENCE)).max(JURISDICTIONS_MAX).default([]),
  }),
  approvalsRequired: setting({
    group: 'approvals',
    label: 'Approvals that an operation needs',
    hint: 'People other than the requester. With 0, one person may plan, request and run a change of primary alone.',
    form: 'choice',
    column: null,
    choices: PEOPLE,
    schema: approvals.default(0),
  }),
  approvalsByKind: setting({
    group: 'approvals',
    label: 'Approvals by kind',
    hint: 'For kinds that need another number.',
    form: 'count-by-kind',
    column: null,
    choices: PEOPLE,
    schema: z
      .record(z.string().regex(/^[a-z][a-z-]{0,39}$/, 'a kind of operation is one word, such as switchover'), approvals)
      .refine((byKind) => Object.keys(byKind).length <= KINDS_MAX, `${KINDS_MAX} kinds at most`)
      .default({}),
  }),
} as const;

type Settings = typeof CLUSTER_SETTINGS;
export type SettingName = keyof Settings;
export type ClusterPolicy = { [K in SettingName]: z.output<Settings[K]['schema']> };
/** Some settings, each whole. */
export type PolicyChanges = Partial<ClusterPolicy>;

export const SETTING_NAMES = Object.keys(CLUSTER_SETTINGS) as SettingName[];

const SCHEMAS = Object.fromEntries(SETTING_NAMES.map((name) => [name, CLUSTER_SETTINGS[name].schema]));
/** From the store: settings unknown to this release are dropped, missing ones get their default. */
const STORED = z.object(SCHEMAS);
/** From a request: some settings, and only known ones. */
export const policyChanges = z
  .strictObject(Object.fromEntries(SETTING_NAMES.map((name) => [name, CLUSTER_SETTINGS[name].schema.removeDefault().optional()])))
  .transform((changes) => Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))) as unknown as z.ZodType<
  PolicyChanges,
  PolicyChanges
>;

/** @throws when a value is none that this release can read: a guess could be less strict than what was asked for. */
export function readPolicy(stored: unknown): ClusterPolicy {
  return STORED.parse(stored) as ClusterPolicy;
}

export const DEFAULT_POLICY: ClusterPolicy = readPolicy({});

/** The settings that differ, as they were and as they are. */
export function policyDifference(before: ClusterPolicy, after: ClusterPolicy): { before: PolicyChanges; after: PolicyChanges } {
  const names = SETTING_NAMES.filter((name) => canonical(before[name]) !== canonical(after[name]));
  const only = (policy: ClusterPolicy): PolicyChanges => Object.fromEntries(names.map((name) => [name, policy[name]]));
  return { before: only(before), after: only(after) };
}

/** Independent of the order in which keys were written. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
