import type { ReactNode } from 'react';

/** Commands to type, each with what it is for. */
export function CommandSteps({ steps }: { steps: readonly { what: ReactNode; command: string }[] }) {
  return (
    <ol className="mt-4 space-y-4">
      {steps.map((step, index) => (
        <li key={step.command}>
          <p className="text-[13px] font-medium">
            {index + 1}. {step.what}
          </p>
          <pre
            tabIndex={0}
            aria-label={`Command ${index + 1}`}
            className="mt-1.5 overflow-x-auto rounded-md border border-line bg-raised px-3 py-2 font-mono text-[13px]"
          >
            {step.command}
          </pre>
        </li>
      ))}
    </ol>
  );
}

/** How a node comes under observation, for a cluster that exists. */
export const enrolSteps = (slug: string) => [
  {
    what: 'Register a node and where it runs, on the controller’s host:',
    command: `npm run admin -- node register ${slug} NODE --provider aws --region us-east-1 --zone us-east-1a --jurisdiction US`,
  },
  { what: 'Issue a one-time token for it (valid for 15 minutes):', command: `npm run admin -- join-token ${slug} NODE` },
  {
    what: 'On the PostgreSQL server, as the OS user of PostgreSQL, join and start the agent:',
    command: 'farshore-agent join --controller https://CONTROLLER:7443 --token TOKEN',
  },
];
