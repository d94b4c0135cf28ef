import { Field } from '../ui/field.tsx';
import { textOf } from './form-dialog.tsx';

const CLUSTERS = 'clusters';

/** Where a role or a token holds: on the clusters that are named, or on the whole fleet. */
export function ScopeField() {
  return (
    <>
      <Field label="Only on these clusters" name={CLUSTERS} placeholder="payments, ledger" autoComplete="off" spellCheck={false} />
      <p className="text-xs text-muted">Short names, separated by commas. Empty: the whole fleet, also clusters that are added later.</p>
    </>
  );
}

/** `null` = the whole fleet. */
export function clustersOf(form: FormData): string[] | null {
  const slugs = textOf(form, CLUSTERS)
    .split(/[\s,]+/)
    .filter((slug) => slug !== '');
  return slugs.length === 0 ? null : slugs;
}
