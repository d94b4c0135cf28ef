'use client';
import Link from 'next/link';
import type { MaintenanceView } from '../../lib/domain/operation/answers/answers.ts';
import { personOf } from '../../lib/domain/policy/person.ts';
import { Instant } from '../status/instant.tsx';
import { openWindows } from '../../lib/domain/maintenance/windows.ts';

/** On the pages of a cluster and of its nodes: the work that is announced there now, and the way to where it is ended. */
export function MaintenanceNotes(props: { slug: string; windows: readonly MaintenanceView[]; node?: string; nowMs: number }) {
  const open = openWindows(props.windows, props.nowMs, props.node ?? null);
  return (
    <div role="status" aria-label="Maintenance" className="space-y-2 empty:hidden">
      {open.map(({ id, node, owner, reason, endsAt }) => (
        <p
          key={id}
          className="name flex flex-wrap items-center gap-x-4 gap-y-1 rounded-lg border border-l-4 border-line border-l-warn bg-warn-soft px-5 py-2.5 text-[13px]"
        >
          <span className="min-w-0 flex-1 basis-64">
            <strong>{node ?? 'The whole cluster'}</strong> is under maintenance: “{reason}”, {personOf(owner)}; ends automatically{' '}
            <Instant at={endsAt} />
          </span>
          <Link
            href={`/clusters/${encodeURIComponent(props.slug)}/operations#maintenance`}
            prefetch={false}
            className="text-accent hover:underline"
          >
            See or end it
          </Link>
        </p>
      ))}
    </div>
  );
}
