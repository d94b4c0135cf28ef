'use client';
import { KIND_LIST } from '../../lib/domain/operation/kinds/registry.ts';
import { planPath } from '../../lib/domain/operation/request-address.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { GuardedLink } from './guarded-link.tsx';
import { whyNotTarget } from './target-choices.ts';

/** Links to the plan of each operation on one node; a plan changes nothing. */
export function NodeVerbs({ slug, name, view }: { slug: string; name: string; view: ClusterView | null }) {
  return (
    <ul className="flex flex-wrap gap-2">
      {KIND_LIST.map((kind) => (
        <li key={kind.kind} className="min-w-0">
          <GuardedLink
            href={planPath(slug, { kind: kind.kind, target: name })}
            label={kind.words.linkToNode}
            accessibleLabel={`${kind.words.linkToNode} ${name}`}
            why={whyNotTarget(kind, name, view)}
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
