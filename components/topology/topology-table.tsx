'use client';
import Link from 'next/link';
import { memo, useState } from 'react';
import type { ClusterView, LinkView, NodeView } from '../../lib/domain/topology/model.ts';
import { formatBytes, formatBytesPerSecond } from '../../lib/domain/format/quantity.ts';
import { formatSeconds } from '../../lib/domain/format/duration.ts';
import { TableHead } from '../help/table-head.tsx';
import { HELP_TEXTS } from '../help/texts.ts';
import { StateWord } from '../status/mark.tsx';
import { LINK_STATE, NODE_STATE, ROLE_WORD, SYNC_WORD, providerName, tlsWords } from '../status/words.ts';
import { Button } from '../ui/button.tsx';
import { Cell, Table } from '../ui/table.tsx';
import { ageText } from './faces.ts';

/** Hidden columns are one tap away, in the node's details. */
const WIDE = 'max-md:hidden';
const COLUMNS = [
  { label: 'Node' },
  { label: 'State' },
  { label: 'Where', className: WIDE },
  { label: 'Upstream', className: WIDE },
  { label: 'Stream', help: HELP_TEXTS.sync, className: WIDE },
  { label: 'Lag', help: HELP_TEXTS['lag-seconds'] },
  { label: 'Transport', help: HELP_TEXTS['lag-transport'], className: WIDE },
  { label: 'Apply', help: HELP_TEXTS['lag-apply'], className: WIDE },
  { label: 'WAL rate', help: HELP_TEXTS['wal-rate'], className: WIDE },
  { label: 'Timeline', help: HELP_TEXTS.term, className: WIDE },
  { label: 'Seen', help: HELP_TEXTS.seen, className: WIDE },
];

/** The same as the picture, in rows: for the keyboard, for screen readers, for narrow screens. */
export function TopologyTable(props: {
  view: Pick<ClusterView, 'nodes' | 'links'>;
  nowMs: number;
  /** Nodes on which work is announced. */
  maintained?: ReadonlySet<string>;
  /** One of both: what choosing a node does, or where its name leads. */
  onChoose?: (name: string) => void;
  hrefOf?: (name: string) => string;
}) {
  const [room, setRoom] = useState(ROWS_STEP);
  const links = new Map(props.view.links.map((link) => [link.to, link]));
  const rest = props.view.nodes.length - room;
  return (
    <>
      <Table label="Topology as a table">
        <TableHead columns={COLUMNS} />
        <tbody>
          {props.view.nodes.slice(0, room).map((node) => (
            <Row
              key={node.name}
              node={node}
              link={links.get(node.name) ?? null}
              age={ageText(node.observedAt, props.nowMs)}
              maintained={props.maintained?.has(node.name) ?? false}
              href={props.hrefOf?.(node.name) ?? null}
              onChoose={props.onChoose ?? nothing}
            />
          ))}
        </tbody>
      </Table>
      {rest <= 0 ? null : (
        <p className="flex justify-center p-3">
          <Button size="small" onClick={() => setRoom(room + ROWS_STEP)}>
            Show {Math.min(ROWS_STEP, rest)} more of {rest} nodes
          </Button>
        </p>
      )}
    </>
  );
}

const NAME_STYLE = 'name line-clamp-3 text-left font-medium text-accent underline-offset-2 hover:underline';
/** So many rows are in the page at first, and so many more each time: two hundred rows make every tap slow. */
const ROWS_STEP = 50;
const nothing = (): void => undefined;

interface RowProps {
  node: NodeView;
  link: LinkView | null;
  age: string | null;
  maintained: boolean;
  href: string | null;
  onChoose: (name: string) => void;
}

const Row = memo(function Row(props: RowProps) {
  const { node, link } = props;
  const unknown = <span className="text-unknown">unknown</span>;
  const isPrimary = node.role === 'primary';
  const bytes = (value: number | null) => (isPrimary ? '–' : value === null ? unknown : formatBytes(value));
  return (
    <tr className="hover:bg-raised">
      <Cell className="min-w-32 md:max-w-56">
        {props.href === null ? (
          <button type="button" onClick={() => props.onChoose(node.name)} className={NAME_STYLE}>
            {node.name}
          </button>
        ) : (
          <Link href={props.href} prefetch={false} className={NAME_STYLE}>
            {node.name}
          </Link>
        )}
        <span className="block text-xs text-muted">{ROLE_WORD[node.role]}</span>
        {props.maintained ? <span className="block text-xs text-warn">under maintenance</span> : null}
      </Cell>
      <Cell className="min-w-32">
        <StateWord {...NODE_STATE[node.state]} />
        {node.stateReason === null ? null : <span className="name block max-w-72 text-xs text-muted">{node.stateReason}</span>}
      </Cell>
      <Cell className="min-w-32 max-md:hidden">
        <span className="name block">{providerName(node.site.provider)}</span>
        <span className="name block text-xs text-muted">
          {node.site.region} · {node.site.jurisdiction}
        </span>
      </Cell>
      <Cell className="max-w-48 min-w-28 max-md:hidden">
        <span className="name">{node.upstream ?? (isPrimary ? '–' : unknown)}</span>
      </Cell>
      <Cell className="min-w-36 max-md:hidden">
        {link === null ? (
          isPrimary ? (
            '–'
          ) : (
            unknown
          )
        ) : (
          <>
            <StateWord {...LINK_STATE[link.state]} />
            <span className="block text-xs text-muted">
              {link.syncState === null ? 'sync unknown' : SYNC_WORD[link.syncState]} · {tlsWords(link)}
            </span>
          </>
        )}
      </Cell>
      <Cell className="min-w-16 whitespace-nowrap">
        {isPrimary ? '–' : node.lag.seconds === null ? unknown : formatSeconds(node.lag.seconds)}
      </Cell>
      <Cell className="min-w-20 whitespace-nowrap max-md:hidden">{bytes(node.lag.transportBytes)}</Cell>
      <Cell className="min-w-20 whitespace-nowrap max-md:hidden">{bytes(node.lag.applyBytes)}</Cell>
      <Cell className="min-w-20 whitespace-nowrap max-md:hidden">
        {node.walBytesPerSecond === null ? unknown : formatBytesPerSecond(node.walBytesPerSecond)}
      </Cell>
      <Cell className={WIDE}>{node.timeline ?? unknown}</Cell>
      <Cell className="min-w-28 whitespace-nowrap text-muted max-md:hidden">{props.age ?? 'now'}</Cell>
    </tr>
  );
}, sameRow);

/** Positions and moments change each second and are not in the row: it is drawn again only when what it says has changed. */
function sameRow(a: RowProps, b: RowProps): boolean {
  return a.age === b.age && a.maintained === b.maintained && a.href === b.href && a.onChoose === b.onChoose && saidOf(a) === saidOf(b);
}

function saidOf({ node, link }: RowProps): string {
  const { name, role, state, stateReason, site, upstream, timeline, lag, walBytesPerSecond } = node;
  const figures = [
    formatBytesPerSecond(walBytesPerSecond),
    formatSeconds(lag.seconds),
    formatBytes(lag.transportBytes),
    formatBytes(lag.applyBytes),
  ];
  const stream = link === null ? null : [link.state, link.syncState, tlsWords(link)];
  return JSON.stringify([name, role, state, stateReason, site, upstream, timeline, figures, stream]);
}
