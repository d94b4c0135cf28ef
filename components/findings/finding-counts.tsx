import type { Severity } from '../../lib/domain/findings/model.ts';
import { Badge } from '../ui/badge.tsx';
import { Mark } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';

const ORDER: readonly Severity[] = ['critical', 'warning', 'info'];

/** How many findings of each severity; `none` when there is nothing. */
export function FindingCounts({ counts }: { counts: Record<Severity, number> }) {
  const present = ORDER.filter((severity) => counts[severity] > 0);
  if (present.length === 0) return <span className="font-normal text-muted">none</span>;
  return (
    <span className="inline-flex flex-wrap gap-1.5">
      {present.map((severity) => (
        <Badge key={severity} tone={SEVERITY[severity].tone}>
          <Mark tone={SEVERITY[severity].tone} size={10} />
          {counts[severity]} {SEVERITY[severity].word}
        </Badge>
      ))}
    </span>
  );
}
