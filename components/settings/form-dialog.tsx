'use client';
import { useState } from 'react';
import type { FormEvent, ReactNode } from 'react';
import type { Action } from '../forms/action-answer.ts';
import { Problems } from '../forms/problems.tsx';
import { useAction } from '../forms/use-action.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { GuardedButton } from '../ui/guarded-button.tsx';

/**
 * A button that opens a form in a dialog. When it is done the dialog closes, or shows `result` (a secret that is shown this once)
 * until it is closed by hand.
 */
export function FormDialog<Input, T>(props: {
  button: string;
  accessibleLabel?: string;
  kind?: 'primary' | 'secondary';
  size?: 'small' | 'medium';
  title: string;
  submit: string;
  why: string | null;
  action: Action<Input, T>;
  /** Reads the form's fields; a text in their place is a problem to show, and nothing is sent. */
  read: (form: FormData) => Input | string;
  onDone?: (value: T) => void;
  result?: (value: T) => ReactNode;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const [done, setDone] = useState<{ value: T } | null>(null);
  const [unreadable, setUnreadable] = useState<string | null>(null);
  const close = () => {
    setOpen(false);
    setDone(null);
    setUnreadable(null);
  };
  const { run, busy, problems } = useAction(props.action, (value) => {
    props.onDone?.(value);
    if (props.result === undefined) close();
    else setDone({ value });
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const input = props.read(new FormData(event.currentTarget));
    setUnreadable(typeof input === 'string' ? input : null);
    if (typeof input !== 'string') run(input);
  };
  return (
    <>
      <GuardedButton
        kind={props.kind ?? 'secondary'}
        size={props.size ?? 'small'}
        why={props.why}
        aria-label={props.accessibleLabel}
        onClick={() => setOpen(true)}
      >
        {props.button}
      </GuardedButton>
      <Dialog open={open} onClose={close} title={props.title}>
        {done !== null && props.result !== undefined ? (
          <>
            {props.result(done.value)}
            <div className="mt-5 flex justify-end">
              <Button kind="primary" onClick={close}>
                Done
              </Button>
            </div>
          </>
        ) : (
          <form onSubmit={submit} className="space-y-4">
            {props.children}
            <Problems problems={unreadable === null ? problems : [unreadable]} />
            <div className="flex flex-wrap justify-end gap-3">
              <Button onClick={close}>Cancel</Button>
              <Button type="submit" kind="primary" disabled={busy}>
                {busy ? 'Working…' : props.submit}
              </Button>
            </div>
          </form>
        )}
      </Dialog>
    </>
  );
}

/** The text of a field, without the blanks around it. */
export const textOf = (form: FormData, name: string): string => String(form.get(name) ?? '').trim();
