'use client';
import type { Field } from '../../lib/domain/operation/fields.ts';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { fieldsOf } from '../../lib/domain/operation/request-address.ts';
import type { DraftValue } from '../../lib/domain/operation/request-address.ts';
import { cx } from '../ui/class-names.ts';
import { Panel } from '../ui/panel.tsx';
import { FieldInput } from './field-input.tsx';
import type { TargetFormProps } from './field-input.tsx';
import type { RadioEntry } from './radio-list.tsx';
import { RadioList } from './radio-list.tsx';
import { targetChoices } from './target-choices.ts';

/** Asks for the fields of the operation's kind. Every choice that is not possible says why. */
export function TargetForm(props: TargetFormProps) {
  const { draft, onChange } = props;
  const fields = fieldsOf(draft.kind);
  const others = fields.filter(([, { field }]) => field !== 'target');
  const change = (name: string, value: DraftValue) => onChange({ ...draft, [name]: value });
  // Beside the target; without them the targets have the whole width.
  const asksMore = others.length > 0;
  return (
    <Panel title="Choices">
      <div className={cx('grid gap-x-8 gap-y-5 px-5 py-4', asksMore && 'lg:grid-cols-2')}>
        {fields.map(([name, field]) =>
          field.field === 'target' ? <Targets key={name} {...props} name={name} field={field} wide={!asksMore} /> : null,
        )}
        <div className="space-y-5 empty:hidden">
          {others.map(([name, field]) => (
            <FieldInput key={name} {...props} name={name} field={field} onChange={(value) => change(name, value)} />
          ))}
        </div>
      </div>
    </Panel>
  );
}

function Targets(props: TargetFormProps & { name: string; field: Extract<Field, { field: 'target' }>; wide: boolean }) {
  const { draft, field, name, nodes, view, onChange } = props;
  const targets: RadioEntry[] = targetChoices(kindOf(draft.kind), nodes, view).map((choice) => ({
    ...{ value: choice.name, label: choice.name, note: choice.note, why: choice.why },
  }));
  if (field.open !== null) targets.unshift({ value: '', ...field.open, why: null });
  const chosen = draft[name] ?? null;
  // A slot belongs to its node.
  const without = Object.fromEntries(fieldsOf(draft.kind).flatMap(([other, { field: is }]) => (is === 'slot' ? [[other, null]] : [])));
  return (
    <RadioList
      legend={field.label}
      name={name}
      value={field.open === null ? (chosen as string | null) : ((chosen as string | null) ?? '')}
      entries={targets}
      empty="This cluster has no node."
      wide={props.wide}
      onChange={(value) => onChange({ ...draft, ...without, [name]: value === '' ? null : value })}
    />
  );
}
