'use client';
import { ErrorScreen } from '@/components/shell/error-screen.tsx';
import './globals.css';

/** When even the frame of the page failed. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body className="font-sans">
        <ErrorScreen digest={error.digest ?? null} onRetry={() => window.location.reload()} />
      </body>
    </html>
  );
}
