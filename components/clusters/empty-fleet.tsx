import Link from 'next/link';
import { CommandSteps, enrolSteps } from './commands.tsx';
import { buttonStyle } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';

/** No cluster yet: what to type to see the first. */
export function EmptyFleet() {
  return (
    <main id="content" className="mx-auto max-w-3xl px-4 py-12 sm:px-6">
      <h1 className="text-xl font-semibold tracking-tight">No cluster yet</h1>
      <p className="mt-2 text-[15px] text-muted">
        Farshore watches PostgreSQL through an agent beside each server. Register a cluster and its first node; it appears here as soon as
        its agent reports, usually within two seconds.
      </p>
      <Link href="/settings/clusters" prefetch={false} className={buttonStyle({ kind: 'primary', className: 'mt-5' })}>
        Register the first cluster
      </Link>
      <Card className="mt-6 p-5">
        <h2 className="font-semibold">Or on the command line</h2>
        <CommandSteps
          steps={[
            {
              what: 'Create the cluster, on the controller’s host:',
              command: 'npm run admin -- cluster create payments --name "Payments"',
            },
            ...enrolSteps('payments'),
          ]}
        />
      </Card>
    </main>
  );
}
