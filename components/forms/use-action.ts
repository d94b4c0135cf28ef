'use client';
import { useRef, useState } from 'react';
import type { Action } from './action-answer.ts';

const UNREACHABLE = 'Farshore could not be reached. Whether it was done is unknown: check the page before you repeat it.';

/** Runs a server action once at a time: a second press while the first is under way does nothing. */
export function useAction<Input, T>(
  action: Action<Input, T>,
  onDone: (value: T) => void,
): { run: (input: Input) => void; busy: boolean; problems: string[] } {
  const underWay = useRef(false);
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<string[]>([]);
  const run = (input: Input) => {
    if (underWay.current) return;
    underWay.current = true;
    setBusy(true);
    setProblems([]);
    void action(input)
      .then(
        (answer) => (answer.ok ? onDone(answer.value) : setProblems(answer.reasons)),
        () => setProblems([UNREACHABLE]),
      )
      .finally(() => {
        underWay.current = false;
        setBusy(false);
      });
  };
  return { run, busy, problems };
}
