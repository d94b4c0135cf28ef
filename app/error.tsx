'use client';
import { useRouter } from 'next/navigation';
import { startTransition } from 'react';
import { ErrorScreen } from '@/components/shell/error-screen.tsx';

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const router = useRouter();
  const retry = () =>
    startTransition(() => {
      router.refresh();
      reset();
    });
  return <ErrorScreen digest={error.digest ?? null} onRetry={retry} />;
}
