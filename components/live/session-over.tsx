'use client';
import { buttonStyle } from '../ui/button.tsx';
import type { StreamStatus } from './live-stream.ts';

/** Over the page when its session has ended: what is below is old, and the way back in. */
export function SessionOver({ status, returnTo }: { status: StreamStatus; returnTo: string }) {
  if (status !== 'signed-out') return null;
  return (
    <div role="alert" className="sticky top-14 z-30 border-b border-line bg-bad-soft">
      <div className="mx-auto flex max-w-[2200px] flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-6">
        <p className="flex-1 text-bad">
          <strong>Your session has ended.</strong> This page is no longer updated. Sign in again to continue here.
        </p>
        {/* A whole page load: the new session must reach everything on the page. */}
        <a
          href={`/sign-in?reason=session-ended&callbackUrl=${encodeURIComponent(returnTo)}`}
          className={buttonStyle({ kind: 'primary', size: 'small' })}
        >
          Sign in
        </a>
      </div>
    </div>
  );
}
