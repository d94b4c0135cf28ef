/** A request for a plan as it stands in the address of its page, and what of it is still to be chosen. By the fields of the kind. */
import { canBeName } from '../topology/slug.ts';
import type { Field } from './fields.ts';
import { kindOf } from './kinds/registry.ts';
import type { OperationKind, OperationRequest } from './model.ts';

export type Params = Readonly<Record<string, string | string[] | undefined>>;

export type DraftValue = string | number | boolean | null;
/** Choices so far, by the name of the field; `null` = not chosen. */
export interface Draft {
  kind: OperationKind;
  [field: string]: DraftValue;
}

const BYTES_PER_MEGABYTE = 1024 * 1024;
const RATE_MEGABYTES_MAX = 100_000;

export const fieldsOf = (kind: OperationKind): [string, Field][] => Object.entries(kindOf(kind).fields);

/** Whatever in the address is no choice counts as none. */
export function parseDraft(kind: OperationKind, params: Params): Draft {
  const chosen = fieldsOf(kind).map(([name, field]) => [name, parseValue(field, nameIn(params, field.param ?? name))]);
  return { ...Object.fromEntries(chosen), kind };
}

/** A value that could be a name; `null` = there is none. */
export function nameIn(params: Params, key: string): string | null {
  const value = params[key];
  return typeof value === 'string' && value !== '' && canBeName(value) ? value : null;
}

function parseValue(field: Field, text: string | null): DraftValue {
  switch (field.field) {
    case 'target':
    case 'upstream':
    case 'slot':
      return text;
    case 'choice':
      return (field.choices.find(({ value }) => value === text) ?? field.choices[0]).value;
    case 'flag':
      return text === 'yes';
    case 'bytes-per-second': {
      const megabytes = Number(text ?? Number.NaN);
      const isRate = Number.isFinite(megabytes) && megabytes > 0 && megabytes <= RATE_MEGABYTES_MAX;
      return isRate ? Math.round(megabytes * BYTES_PER_MEGABYTE) : null;
    }
  }
}

/** The request, or `null` while something that it needs is not chosen. */
export function requestOf(draft: Draft): OperationRequest | null {
  const values = fieldsOf(draft.kind).map(([name, field]): [string, DraftValue] => [name, valueOf(field, name, draft)]);
  const isMissing = fieldsOf(draft.kind).some(([name, field]) => isNeeded(field) && (draft[name] ?? null) === null);
  return isMissing ? null : ({ kind: draft.kind, ...Object.fromEntries(values) } as unknown as OperationRequest);
}

const isNeeded = (field: Field): boolean =>
  field.field === 'upstream' || field.field === 'slot' || (field.field === 'target' && field.open === null);

function valueOf(field: Field, name: string, draft: Draft): DraftValue {
  const value = draft[name] ?? null;
  return field.field === 'flag' ? value === true && !isOff(field, draft) : value;
}

/** Another choice rules it out. */
export const isOff = (field: Extract<Field, { field: 'flag' }>, draft: Draft): boolean =>
  field.offWith !== null && draft[field.offWith.field] === field.offWith.value;

/** The choices as a query string, without what is not chosen; begins with `?`, or is empty. */
export function draftQuery(draft: Draft): string {
  const query = new URLSearchParams();
  for (const [name, field] of fieldsOf(draft.kind)) {
    const text = valueText(field, draft[name] ?? null);
    if (text !== null) query.set(field.param ?? name, text);
  }
  return query.size === 0 ? '' : `?${query}`;
}

function valueText(field: Field, value: DraftValue): string | null {
  if (value === null) return null;
  switch (field.field) {
    case 'choice':
      return value === field.choices[0].value ? null : String(value);
    case 'flag':
      return value === true ? 'yes' : null;
    case 'bytes-per-second':
      return String(Number(value) / BYTES_PER_MEGABYTE);
    default:
      return String(value);
  }
}

/** The page of a plan. What is left out is not chosen. */
export function planPath(slug: string, draft: { kind: OperationKind } & Readonly<Record<string, DraftValue>>): string {
  const whole = { ...parseDraft(draft.kind, {}), ...draft };
  return `/clusters/${encodeURIComponent(slug)}/operations/new/${draft.kind}${draftQuery(whole)}`;
}
