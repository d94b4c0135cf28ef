import { isYoungerThan } from '../../lib/domain/time/age.ts';
import { FACTS_STALE_MS } from '../../lib/domain/node-details/details.ts';
import { formatAgo } from '../../lib/domain/format/duration.ts';

/** How old what the agent reads each minute is; told as past when it has not come for longer. */
export function FactsAge({ at, nowMs }: { at: string | null; nowMs: number }) {
  if (at === null) return <span className="text-unknown">never read</span>;
  const text = `read ${isYoungerThan(at, 999, nowMs) ? 'just now' : formatAgo(at, nowMs)}`;
  return !isYoungerThan(at, FACTS_STALE_MS + 999, nowMs) ? (
    <span className="text-warn">{text}: it may have changed since</span>
  ) : (
    <>{text}</>
  );
}

/** Shown when a panel's facts never arrived, with how to get them. */
export function NeverRead({ what }: { what: string }) {
  return (
    <p className="px-5 py-4 text-unknown">
      Unknown: the agent has not reported {what}. Next: run <code className="font-mono">farshore-agent check</code> on the node; it says
      what is missing.
    </p>
  );
}
