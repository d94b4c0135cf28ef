'use client';
import { signIn } from 'next-auth/react';
import { useRef, useState } from 'react';
import type { FormEvent } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';

const REFUSED =
  'Email or password is wrong, or the account is locked after too many wrong passwords. Check both; after several tries, wait a few minutes.';
const UNREACHABLE = 'Farshore can’t check passwords now: it or its control database does not answer. Try again in a minute.';

export function SignInForm({ returnTo }: { returnTo: string }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const alert = useRef<HTMLParagraphElement>(null);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    try {
      const result = await signIn('credentials', { redirect: false, email: form.get('email'), password: form.get('password') });
      if (result?.ok === true) {
        // A whole page load, so that nothing of an earlier session stays in memory.
        window.location.assign(returnTo);
        return;
      }
      setProblem(result?.error === 'CredentialsSignin' ? REFUSED : UNREACHABLE);
    } catch {
      setProblem(UNREACHABLE);
    }
    setBusy(false);
    alert.current?.focus();
  };

  return (
    // method=post: if the script has not arrived yet, a hasty Enter must not put the password into the address.
    <form
      method="post"
      onSubmit={(event) => void submit(event)}
      className="space-y-4 rounded-lg border border-line bg-surface p-5 shadow-low"
    >
      <Field label="Email" name="email" type="email" autoComplete="username" required autoFocus maxLength={254} />
      <Field label="Password" name="password" type="password" autoComplete="current-password" required maxLength={1024} />
      <p
        ref={alert}
        tabIndex={-1}
        role="alert"
        className={problem === null ? 'hidden' : 'rounded-md bg-bad-soft px-3 py-2 text-[13px] text-bad'}
      >
        {problem}
      </p>
      <Button type="submit" kind="primary" disabled={busy} className="w-full">
        {busy ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  );
}
