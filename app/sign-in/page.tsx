import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { SignInForm } from '@/app/sign-in/sign-in-form.tsx';
import { Logo } from '@/components/shell/logo.tsx';
import { sameOriginPath } from '@/lib/auth/callback-path.ts';
import { currentUser, orScreenError } from '@/lib/auth/session.ts';

export const metadata: Metadata = { title: 'Sign in' };

const REASONS: Record<string, string> = {
  'session-ended': 'Your session has ended: it was unused for 30 minutes, reached its longest duration, or was ended. Sign in to continue.',
  'signed-out': 'You are signed out.',
};

export default async function SignInPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const query = await searchParams;
  const returnTo = sameOriginPath(query['callbackUrl']);
  if ((await orScreenError(currentUser)) !== null) redirect(returnTo);
  const reason = typeof query['reason'] === 'string' && Object.hasOwn(REASONS, query['reason']) ? REASONS[query['reason']] : undefined;
  return (
    <main id="content" className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center px-5 py-12">
      <div className="mb-6 flex items-center gap-3">
        <Logo size={36} />
        <div>
          <h1 className="text-lg leading-tight font-semibold">Sign in to Farshore</h1>
          <p className="text-[13px] text-muted">PostgreSQL disaster recovery across clouds</p>
        </div>
      </div>
      {reason === undefined ? null : <p className="mb-4 rounded-md bg-info-soft px-3 py-2 text-[13px] text-info">{reason}</p>}
      <SignInForm returnTo={returnTo} />
      <p className="mt-6 text-[13px] text-muted">No account, or the password is lost? Ask the person who administers Farshore.</p>
    </main>
  );
}
