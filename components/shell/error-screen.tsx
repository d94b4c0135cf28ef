'use client';
import Link from 'next/link';
import { Button, buttonStyle } from '../ui/button.tsx';
import { StateScreen } from './state-screen.tsx';

/** Shows what went wrong, by the digest that the server gave the error. */
export function ErrorScreen({ digest, onRetry }: { digest: string | null; onRetry: () => void }) {
  const retry = (
    <Button kind="primary" onClick={onRetry}>
      Try again
    </Button>
  );
  switch (digest) {
    case 'FARSHORE_DATABASE_DOWN':
      return (
        <StateScreen tone="bad" title="The control database does not answer" actions={retry}>
          <p>
            Farshore can’t read its data about your clusters, and shows nothing rather than old data. Your PostgreSQL clusters are not
            affected: replication continues, and the agents keep their samples until the database is back.
          </p>
          <p>Next: check that the control database (the one behind FARSHORE_WEB_DATABASE_URL) runs and is reachable from this host.</p>
        </StateScreen>
      );
    case 'FARSHORE_FORBIDDEN':
      return (
        <StateScreen
          tone="warn"
          title="Your role may not see this"
          actions={
            <Link href="/" className={buttonStyle({})}>
              To the clusters
            </Link>
          }
        >
          <p>
            The attempt was recorded in the audit log. If you need this page for your work, ask an administrator for a role that has it.
          </p>
        </StateScreen>
      );
    default:
      return (
        <StateScreen tone="bad" title="This page could not be shown" actions={retry}>
          <p>Something failed inside Farshore’s web application. Your PostgreSQL clusters are not affected.</p>
          <p>
            Next: try again. If it persists, give your administrator this reference. It is logged with the error by the web application:{' '}
            <code className="font-mono text-text">{digest ?? 'none'}</code>
          </p>
        </StateScreen>
      );
  }
}
