'use client';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { GuardedButton } from '../ui/guarded-button.tsx';
import type { Action } from './action-answer.ts';
import { Problems } from './problems.tsx';
import { useAction } from './use-action.ts';

/** A button that asks before an action that can't be undone. `warning` says what it leaves behind. */
export function ConfirmedAction<Input, T>(props: {
  label: string;
  /** Names the object where the label alone is not enough for a screen reader. */
  accessibleLabel?: string;
  title: string;
  warning: ReactNode;
  confirm: string;
  why: string | null;
  action: Action<Input, T>;
  input: Input;
  onDone?: () => void;
}) {
  const [open, setOpen] = useState(false);
  const { run, busy, problems } = useAction(props.action, () => {
    setOpen(false);
    props.onDone?.();
  });
  return (
    <>
      <GuardedButton size="small" why={props.why} onClick={() => setOpen(true)} aria-label={props.accessibleLabel}>
        {props.label}
      </GuardedButton>
      <Dialog open={open} onClose={() => setOpen(false)} title={props.title}>
        <div className="name space-y-3">{props.warning}</div>
        <div className="mt-4">
          <Problems problems={problems} />
        </div>
        <div className="mt-5 flex flex-wrap justify-end gap-3">
          <Button onClick={() => setOpen(false)}>Cancel</Button>
          <Button kind="danger" disabled={busy} onClick={() => run(props.input)}>
            {busy ? 'Working…' : props.confirm}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
