'use client';
import { VIEW_STALE_MS } from '../../lib/domain/topology/age.ts';
import { formatAgo } from '../../lib/domain/format/duration.ts';
import { ageMs } from '../../lib/domain/time/age.ts';
import { Instant } from '../status/instant.tsx';
import { Mark } from '../status/mark.tsx';
import type { LiveStream } from './live-stream.ts';

/** Says how far what is on the page is from now, and which part is missing when it is too far. */
export function LiveIndicator({ stream, computedAt, nowMs }: { stream: LiveStream; computedAt: string | null; nowMs: number }) {
  const age = ageMs(computedAt, nowMs);
  const agoText = age !== null && age < 1_000 ? '<1 s ago' : computedAt === null ? '' : formatAgo(computedAt, nowMs);
  const shownAsOf = computedAt === null ? '' : ` Shown as of ${agoText}.`;
  if (stream.status === 'signed-out') return <Line tone="bad">Signed out. What you see is no longer updated.</Line>;
  if (stream.status === 'reconnecting') {
    return <Line tone="warn">Reconnecting to Farshore…{shownAsOf}</Line>;
  }
  if (stream.status === 'unavailable') {
    return <Line tone="bad">Farshore’s control database does not answer.{shownAsOf}</Line>;
  }
  if (computedAt === null) return <Line tone="unknown">Waiting for the controller’s first evaluation…</Line>;
  if (age === null) {
    return <Line tone="unknown">Dated in the future: the controller’s clock and this one differ. The present state is unknown.</Line>;
  }
  if (age > VIEW_STALE_MS) {
    return (
      <Line tone="bad">
        Farshore’s controller has not reported since <Instant at={computedAt} date={age > 12 * 3_600_000} />.
      </Line>
    );
  }
  if (stream.status === 'connecting') return <Line tone="unknown">Connecting…</Line>;
  return (
    <Line tone="good">
      live<span className="font-normal text-muted"> · {agoText}</span>
    </Line>
  );
}

function Line({ tone, children }: { tone: 'good' | 'warn' | 'bad' | 'unknown'; children: React.ReactNode }) {
  return (
    <p data-live={tone} className="flex min-h-5 items-center gap-1.5 text-[13px] font-medium">
      <Mark tone={tone} />
      <span>{children}</span>
    </p>
  );
}
