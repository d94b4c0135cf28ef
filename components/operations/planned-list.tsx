import type { PlannedTopology } from '../../lib/domain/operation/model.ts';
import { Mark } from '../status/mark.tsx';
import { providerName } from '../status/words.ts';
import { cx } from '../ui/class-names.ts';
import { ROLE, UNPLACED, changesOf, plannedRows } from './planned-picture.ts';
import type { SiteOf } from './planned-picture.ts';

/** The topology as an indented list, each node below the one it streams from: where there is no room for the drawing. */
export function PlannedList(props: { title: string; topology: PlannedTopology; other: PlannedTopology; siteOf: SiteOf }) {
  const { title, topology, other, siteOf } = props;
  return (
    <ul aria-label={`Topology: ${title}`} className="space-y-1.5">
      {plannedRows(topology).map(({ node, depth }) => {
        const { word, tone } = ROLE[node.role];
        const { provider, region } = siteOf.get(node.name) ?? UNPLACED;
        const changes = changesOf(node, other);
        return (
          <li
            key={node.name}
            style={{ marginInlineStart: `${Math.min(depth, DEPTH_MAX)}rem` }}
            className={cx('rounded-md border border-line px-3 py-1.5 text-[13px]', changes.length > 0 && 'ring-2 ring-accent')}
          >
            <span className="flex items-baseline justify-between gap-3">
              <span className="name min-w-0 font-semibold">{node.name}</span>
              <span className="inline-flex shrink-0 items-center gap-1.5 text-xs">
                <Mark tone={tone} size={9} />
                <span className={node.role === 'primary' ? 'font-semibold text-accent' : 'text-muted'}>{word}</span>
              </span>
            </span>
            <span className="name block text-xs text-muted">
              {providerName(provider)} {region}
              {node.role === 'standby' ? ` · from ${node.upstream ?? 'nobody'}` : ''}
            </span>
            {changes.length === 0 ? null : <span className="block text-xs font-medium text-accent">changes: {changes.join(', ')}</span>}
          </li>
        );
      })}
    </ul>
  );
}

/** Deeper chains are told by “from …” alone. */
const DEPTH_MAX = 4;
