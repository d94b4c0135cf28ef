/** Describes the fields of a request as values: request-schema.ts, the form, the address and docs/api.md follow from it. */

export interface Choice {
  value: string;
  label: string;
  note: string;
  /** Only a person may choose it: what a program is told. */
  personOnly?: string;
}

interface Common {
  /** Its name in an address, where it differs from that of the field. */
  param?: string;
  label: string;
  /** For docs/api.md: what a caller must know beyond the name. */
  api: string;
}

export type Field = Common &
  (
    | { field: 'target'; /** May be left open, and then it is this. */ open: { label: string; note: string } | null }
    | { field: 'upstream' }
    | { field: 'slot' }
    /** The first is the default. `readiness`: each is shown with what it would take on the target. */
    | { field: 'choice'; choices: readonly [Choice, ...Choice[]]; readiness: boolean }
    | { field: 'flag'; note: string; /** A choice that rules it out. */ offWith: { field: string; value: string; note: string } | null }
    | { field: 'bytes-per-second' }
  );

/** One for each thing that the request holds, none more. */
export type Fields<R extends { kind: string }> = { readonly [F in Exclude<keyof R, 'kind'>]: Field };

export const TARGET: Field = { field: 'target', open: null, label: 'Target', api: '' };
export const UPSTREAM: Field = { field: 'upstream', label: 'Streams from', api: '' };
