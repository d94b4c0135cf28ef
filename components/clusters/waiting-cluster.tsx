import Link from 'next/link';
import type { Site } from '../../lib/domain/topology/model.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import type { LiveStream } from '../live/live-stream.ts';
import { StateWord } from '../status/mark.tsx';
import { providerName } from '../status/words.ts';
import { buttonStyle } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { CommandSteps, enrolSteps } from './commands.tsx';

export interface RegisteredNodeProps {
  name: string;
  site: Site;
  enrolled: boolean;
}

/** A cluster that was never evaluated: which nodes it is to have, what is waited for, and how to get there. */
export function WaitingCluster(props: {
  slug: string;
  name: string;
  registered: RegisteredNodeProps[];
  stream: LiveStream;
  nowMs: number;
}) {
  return (
    <main id="content" className="mx-auto max-w-3xl px-4 py-8 sm:px-6">
      <h1 className="name text-xl font-semibold tracking-tight">{props.name}</h1>
      <p className="mt-2 text-[15px] text-muted">
        Farshore has not evaluated this cluster yet. This page updates once an agent reports and the controller runs.
      </p>
      <div className="mt-3">
        <LiveIndicator stream={props.stream} computedAt={null} nowMs={props.nowMs} />
      </div>
      <Link
        href={`/settings/clusters/${encodeURIComponent(props.slug)}`}
        prefetch={false}
        className={buttonStyle({ kind: 'primary', className: 'mt-5' })}
      >
        Add nodes and let their agents join
      </Link>
      {props.registered.length === 0 ? null : (
        <Card className="mt-6">
          <h2 className="border-b border-line px-5 py-3 font-semibold">Registered nodes</h2>
          <ul>
            {props.registered.map((node) => (
              <li
                key={node.name}
                className="flex flex-wrap items-center justify-between gap-3 border-b border-line px-5 py-3 last:border-0"
              >
                <Link
                  href={`/settings/clusters/${encodeURIComponent(props.slug)}/${encodeURIComponent(node.name)}`}
                  prefetch={false}
                  className="name font-medium text-accent hover:underline"
                >
                  {node.name}
                </Link>
                <span className="name text-[13px] text-muted">
                  {providerName(node.site.provider)} {node.site.region}
                </span>
                <StateWord
                  tone="unknown"
                  word={node.enrolled ? 'joined, no report evaluated' : 'no agent has joined'}
                  className="text-[13px]"
                />
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Card className="mt-6 p-5">
        <h2 className="font-semibold">Or on the command line</h2>
        <CommandSteps steps={enrolSteps(props.slug)} />
      </Card>
    </main>
  );
}
