'use client';
import type { NodeView } from '../../lib/domain/topology/model.ts';
import { GuardedLink } from './guarded-link.tsx';
import { planPath } from './request-params.ts';
import { whyNotTarget } from './targets.ts';
import { KIND } from './words.ts';

const VERBS = ['switchover', 'failover', 'reversion', 're-parent', 'add-standby', 'drop-slot', 'restart', 'reload'] as const;

const labelOf = (kind: (typeof VERBS)[number]): string =>
  kind === 'failover' || kind === 'switchover' ? KIND[kind].link.replace('over', 'over to it') : KIND[kind].link;

/** What may be done with one node: each leads to the plan of its own, which changes nothing by itself. */
export function NodeVerbs({ slug, name, node, primary }: { slug: string; name: string; node: NodeView | null; primary: string | null }) {
  return (
    <ul className="flex flex-wrap gap-2">
      {VERBS.map((kind) => (
        <li key={kind} className="min-w-0">
          <GuardedLink
            href={planPath(slug, { kind, target: name })}
            label={labelOf(kind)}
            accessibleLabel={`${labelOf(kind)} ${name}`}
            why={whyNotTarget(kind, name, node, primary)}
          />
        </li>
      ))}
      <li>
        <GuardedLink
          href={`/clusters/${encodeURIComponent(slug)}/operations?node=${encodeURIComponent(name)}#maintenance`}
          label="Maintenance…"
          accessibleLabel={`Maintenance… ${name}`}
          why={null}
        />
      </li>
    </ul>
  );
}
