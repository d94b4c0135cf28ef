'use client';
import { ArrowDownWideNarrow } from 'lucide-react';
import type { UrgencyBand } from '../../lib/domain/topology/urgency.ts';
import { URGENCY_BANDS } from '../../lib/domain/topology/urgency.ts';
import { HelpForAll } from '../help/help.tsx';
import { HELP_TEXTS } from '../help/texts.ts';
import { Mark } from '../status/mark.tsx';
import { Button } from '../ui/button.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { ToggleChoices } from '../ui/toggle-choices.tsx';
import { BAND } from './card-face.ts';
import type { BandFilter } from './overview-order.ts';

const OVERVIEW_HELP = (
  ['rpo-state', 'primary', 'last-change', 'worst-lag', 'nodes-running', 'recovery', 'objectives', 'findings'] as const
).map((topic) => HELP_TEXTS[topic]);

/** Search, the bands of urgency with how many clusters stand in each, and the way back to the order of urgency. */
export function OverviewToolbar(props: {
  typed: string;
  onType: (typed: string) => void;
  band: BandFilter;
  onBand: (band: BandFilter) => void;
  counts: Record<UrgencyBand, number>;
  shown: number;
  total: number;
  /** The clusters stand in another order than their urgency now. */
  outOfOrder: boolean;
  onSort: () => void;
}) {
  const choices = [
    { value: 'all' as const, label: `All ${props.total}` },
    ...URGENCY_BANDS.map((band) => ({
      value: band,
      label: (
        <>
          <Mark tone={BAND[band].tone} size={10} /> {BAND[band].word} <span className="tabular-nums">{props.counts[band]}</span>
        </>
      ),
    })),
  ];
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
      <SearchField label="Search clusters" placeholder="Cluster, node, provider or finding" value={props.typed} onChange={props.onType} />
      <ToggleChoices label="Show clusters by severity" value={props.band} choices={choices} onChange={props.onBand} />
      <div className="flex min-h-8 flex-1 items-center justify-end gap-2">
        <p role="status" className="text-[13px] text-muted">
          {props.shown === props.total ? '' : `${props.shown} of ${props.total} clusters`}
        </p>
        {/* Its place is kept: nothing moves when it appears. */}
        <span className={props.outOfOrder ? undefined : 'invisible'}>
          <Button size="small" onClick={props.onSort} disabled={!props.outOfOrder}>
            <ArrowDownWideNarrow size={14} aria-hidden /> <span className="max-2xl:hidden">Severity changed:</span> sort again
          </Button>
        </span>
        <HelpForAll texts={OVERVIEW_HELP} />
      </div>
    </div>
  );
}
