'use client';
import { Download, EyeOff, Network, Table2 } from 'lucide-react';
import { startTransition, useCallback, useMemo, useState, useSyncExternalStore } from 'react';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { useHiddenNames } from '../hidden-names/hidden-names.tsx';
import { Mark } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { TabPanel, Tabs } from '../ui/tabs.tsx';
import { groupShape } from './grouping.ts';
import { layoutTopology, topologyShape } from './layout.ts';
import type { TopologyShape } from './layout-shape.ts';
import { saveSvg } from './save-svg.ts';
import { TopologyGraph } from './topology-graph.tsx';
import { TopologyTable } from './topology-table.tsx';

interface Props {
  view: ClusterView;
  nowMs: number;
  /** By node name. */
  busy: ReadonlyMap<string, string>;
  /** Nodes on which work is announced. */
  maintained: ReadonlySet<string>;
  chosen: string | null;
  onChoose: (name: string) => void;
}

const TABS = [
  {
    value: 'graph',
    label: (
      <>
        <Network size={14} aria-hidden /> Graph
      </>
    ),
  },
  {
    value: 'table',
    label: (
      <>
        <Table2 size={14} aria-hidden /> Table
      </>
    ),
  },
];

const NO_CHOICES: ReadonlyMap<string, boolean> = new Map();

/** Graph or table. A narrow screen starts with the table, where a picture would only be scrolled. */
export function TopologyPanel(props: Props) {
  const [mode, setMode] = useState<string | null>(null);
  const [choices, setChoices] = useState(NO_CHOICES);
  const narrow = useSyncExternalStore(watchWidth, isNarrow, () => false);
  // The server does not know the width and renders both; a browser keeps the visible one.
  const isServer = useSyncExternalStore(never, no, yes);
  const shape = useShape(props.view);
  const grouped = useMemo(() => groupShape(shape, choices), [shape, choices]);
  const layout = useMemo(() => layoutTopology(grouped.shape), [grouped]);
  // Dozens of cards: the page stays able to answer while they are made.
  const choose = useCallback(
    (siteKey: string, collapsed: boolean) => startTransition(() => setChoices((held) => new Map(held).set(siteKey, collapsed))),
    [],
  );
  const openSite = useCallback((siteKey: string) => choose(siteKey, false), [choose]);
  const collapseSite = useCallback((siteKey: string) => choose(siteKey, true), [choose]);
  const open = new Set([...grouped.collapsible].filter((key) => !grouped.groups.has(`\0${key}`)));
  const picture = { view: props.view, layout, groups: grouped.groups, nowMs: props.nowMs, busy: props.busy, maintained: props.maintained };
  const graph = <TopologyGraph {...props} {...picture} open={open} onOpenSite={openSite} onCollapseSite={collapseSite} />;
  const table = <TopologyTable view={props.view} nowMs={props.nowMs} maintained={props.maintained} onChoose={props.onChoose} />;
  const aside = (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <Legend />
      <PictureTools onSave={(hide) => saveSvg(picture, hide)} />
    </div>
  );
  return (
    <Card role="region" aria-label="Topology">
      <Tabs
        label="Topology as"
        value={mode ?? (narrow ? 'table' : 'graph')}
        onChange={(next) => startTransition(() => setMode(next))}
        tabs={TABS}
        aside={aside}
      >
        <TabPanel value="graph">
          {/* Always in the same place: it must not be mounted again while the reader clicks in it. */}
          <div className={mode === null ? 'max-md:hidden' : undefined}>{graph}</div>
          {mode === null && isServer ? <div className="md:hidden">{table}</div> : null}
        </TabPanel>
        <TabPanel value="table">{table}</TabPanel>
      </Tabs>
    </Card>
  );
}

/** For pictures that leave the house: names hidden, and the drawing as a file. */
function PictureTools({ onSave }: { onSave: (hide: (text: string) => string) => void }) {
  const { hidden, hide, setHidden } = useHiddenNames();
  return (
    <div className="flex items-center gap-1">
      <Button
        kind="quiet"
        size="small"
        aria-pressed={hidden}
        title="Shows cluster-1, node-2 … instead of names on every page, until the browser is closed"
        className="h-7 px-2 text-xs aria-pressed:bg-accent-soft aria-pressed:text-accent"
        onClick={() => setHidden(!hidden)}
      >
        <EyeOff size={13} aria-hidden /> Hide names
      </Button>
      <Button
        kind="quiet"
        size="small"
        className="h-7 px-2 text-xs"
        title="Saves the picture as it is now as an SVG file"
        onClick={() => onSave(hide)}
      >
        <Download size={13} aria-hidden /> SVG
      </Button>
    </div>
  );
}

const never = () => () => undefined;
const yes = () => true;
const no = () => false;

/** The width below which Tailwind's `md` begins. */
const NARROW = '(width < 48rem)';
const isNarrow = () => window.matchMedia(NARROW).matches;
function watchWidth(changed: () => void): () => void {
  const query = window.matchMedia(NARROW);
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

/** The shape to draw; the same object while nothing that is drawn by it has changed. */
function useShape(view: ClusterView): TopologyShape {
  const [held, setHeld] = useState<TopologyShape>(() => topologyShape(view, null));
  const next = topologyShape(view, held);
  if (JSON.stringify(next) === JSON.stringify(held)) return held;
  setHeld(next);
  return next;
}

const LEGEND: readonly { tone: StateTone; word: string }[] = [
  { tone: 'good', word: 'working' },
  { tone: 'warn', word: 'behind or changing' },
  { tone: 'bad', word: 'broken' },
  { tone: 'unknown', word: 'unknown now' },
];

function Legend() {
  return (
    <ul aria-label="Legend" className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      {LEGEND.map(({ tone, word }) => (
        <li key={tone} className="flex items-center gap-1.5">
          <Mark tone={tone} /> {word}
        </li>
      ))}
      <li className="max-md:hidden">Arrows point the way the WAL flows.</li>
    </ul>
  );
}
