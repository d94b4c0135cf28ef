'use client';
import { Network, Table2 } from 'lucide-react';
import { useMemo, useState, useSyncExternalStore } from 'react';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { Mark } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { Card } from '../ui/card.tsx';
import { TabPanel, Tabs } from '../ui/tabs.tsx';
import { layoutTopology, topologyShape } from './layout.ts';
import type { TopologyShape } from './layout.ts';
import { TopologyGraph } from './topology-graph.tsx';
import { TopologyTable } from './topology-table.tsx';

interface Props {
  view: ClusterView;
  nowMs: number;
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

/** Graph or table. Until somebody chooses, a narrow screen shows the table, where a picture would only be scrolled. */
export function TopologyPanel(props: Props) {
  const [mode, setMode] = useState<string | null>(null);
  const narrow = useSyncExternalStore(watchWidth, isNarrow, () => false);
  const shape = useShape(props.view);
  const layout = useMemo(() => layoutTopology(shape), [shape]);
  const graph = <TopologyGraph {...props} layout={layout} />;
  const table = <TopologyTable view={props.view} nowMs={props.nowMs} onChoose={props.onChoose} />;
  return (
    <Card role="region" aria-label="Topology">
      <Tabs label="Topology as" value={mode ?? (narrow ? 'table' : 'graph')} onChange={setMode} tabs={TABS} aside={<Legend />}>
        <TabPanel value="graph">
          {mode === null ? (
            <>
              <div className="max-md:hidden">{graph}</div>
              <div className="md:hidden">{table}</div>
            </>
          ) : (
            graph
          )}
        </TabPanel>
        <TabPanel value="table">{table}</TabPanel>
      </Tabs>
    </Card>
  );
}

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
  { tone: 'unknown', word: 'not known now' },
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
