'use client';
import { Fragment } from 'react';
import type { ReactNode } from 'react';
import { formatAge, formatElapsed } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatCount } from '../../lib/domain/format/quantity.ts';
import type { SlotRow, StorageNode } from '../../lib/domain/slots/board.ts';
import type { ForecastPair } from '../../lib/domain/slots/forecast.ts';
import { TableHead } from '../help/table-head.tsx';
import { SLOT_HELP } from '../help/texts-storage.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { NODE_STATE, ROLE_WORD } from '../status/words.ts';
import { Fact, Facts } from '../ui/facts.tsx';
import { Cell, Table } from '../ui/table.tsx';
import { forecastPairWords, slotState, walStatusWord } from './words.ts';

const COLUMNS = [
  { label: 'Slot' },
  { label: 'For', help: SLOT_HELP.owner },
  { label: 'State', help: SLOT_HELP.state },
  { label: 'WAL status', help: SLOT_HELP.walStatus },
  { label: 'Retained', help: SLOT_HELP.retained },
  { label: 'Left', help: SLOT_HELP.left },
  { label: 'Until lost', help: SLOT_HELP.untilLost },
  { label: 'Until disk full', help: SLOT_HELP.untilFull },
  { label: 'Inactive since', help: SLOT_HELP.inactiveSince },
  { label: 'xmin age', help: SLOT_HELP.xmin },
];

const Unknown = () => <span className="text-unknown">unknown</span>;
const orUnknown = (value: number | null, format: (value: number | null) => string): ReactNode =>
  value === null ? <Unknown /> : format(value);

/** Node by node: a table where there is room, cards on a phone. */
export function SlotTable({ holders, nowMs }: { holders: readonly StorageNode[]; nowMs: number }) {
  return (
    <>
      <div className="max-md:hidden">
        <Table label="Replication slots by node">
          <TableHead columns={COLUMNS} />
          <tbody>
            {holders.map((node) => (
              <Fragment key={node.name}>
                <tr>
                  <th
                    scope="rowgroup"
                    colSpan={COLUMNS.length}
                    className="border-b border-line bg-raised px-5 py-1.5 text-left font-medium"
                  >
                    <Holder node={node} nowMs={nowMs} />
                  </th>
                </tr>
                {node.slots.map((slot) => (
                  <Row key={slot.name} slot={slot} node={node} nowMs={nowMs} />
                ))}
              </Fragment>
            ))}
          </tbody>
        </Table>
      </div>
      <div className="md:hidden">
        {holders.map((node) => (
          <section key={node.name} aria-label={`Slots on ${node.name}`}>
            <h3 className="border-b border-line bg-raised px-4 py-2 text-[13px] font-medium">
              <Holder node={node} nowMs={nowMs} />
            </h3>
            <ul className="divide-y divide-line border-b border-line">
              {node.slots.map((slot) => (
                <li key={slot.name} className="px-4 py-3">
                  <SlotCard slot={slot} node={node} nowMs={nowMs} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  );
}

function Holder({ node, nowMs }: { node: StorageNode; nowMs: number }) {
  return (
    <span className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
      <span className="name">on {node.name}</span>
      <span className="text-xs font-normal text-muted">
        {ROLE_WORD[node.role]} · WAL {formatBytesPerSecond(node.presentBytesPerSecond)} now, {formatBytesPerSecond(node.p95BytesPerSecond)}{' '}
        at p95
        {node.fresh ? '' : ` · ${formatAge(node.observedAt, nowMs)}`}
      </span>
    </span>
  );
}

function Row({ slot, node, nowMs }: { slot: SlotRow; node: StorageNode; nowMs: number }) {
  return (
    <tr className="hover:bg-raised">
      <Cell className="min-w-32">
        <span className="name font-medium">{slot.name}</span>
        <span className="block text-xs text-muted">
          {slot.type}
          {slot.temporary ? ', temporary' : ''}
        </span>
      </Cell>
      <Cell className="min-w-32">
        <Owner slot={slot} />
      </Cell>
      <Cell className="min-w-24">
        <StateWord {...slotState(slot, node.fresh)} />
      </Cell>
      <Cell className="min-w-28">{walStatusWord(slot.walStatus)}</Cell>
      <Cell className="min-w-20 whitespace-nowrap">{orUnknown(node.fresh ? slot.retainedBytes : null, formatBytes)}</Cell>
      <Cell className="min-w-20 whitespace-nowrap">
        <Left slot={slot} />
      </Cell>
      <Cell className="min-w-36">
        <ForecastOf pair={slot.untilLost} slot={slot} />
      </Cell>
      <Cell className="min-w-36">
        <ForecastOf pair={slot.untilDiskFull} slot={slot} note={lostFirst(slot)} />
      </Cell>
      <Cell className="min-w-36">
        <Idle slot={slot} nowMs={nowMs} />
      </Cell>
      <Cell className="min-w-20 whitespace-nowrap">
        <Xmin slot={slot} />
      </Cell>
    </tr>
  );
}

function SlotCard({ slot, node, nowMs }: { slot: SlotRow; node: StorageNode; nowMs: number }) {
  return (
    <article aria-label={`Slot ${slot.name}`}>
      <div className="flex items-start justify-between gap-3">
        <h4 className="name min-w-0 font-medium">{slot.name}</h4>
        <StateWord {...slotState(slot, node.fresh)} />
      </div>
      <Facts className="mt-2">
        <Fact label="Type">
          {slot.type}
          {slot.temporary ? ', temporary' : ''}
        </Fact>
        <Fact label="For">
          <Owner slot={slot} />
        </Fact>
        <Fact label="WAL status">{walStatusWord(slot.walStatus)}</Fact>
        <Fact label="Retained">{orUnknown(node.fresh ? slot.retainedBytes : null, formatBytes)}</Fact>
        <Fact label="Left">
          <Left slot={slot} />
        </Fact>
        <Fact label="Until lost">
          <ForecastOf pair={slot.untilLost} slot={slot} />
        </Fact>
        <Fact label="Until disk full">
          <ForecastOf pair={slot.untilDiskFull} slot={slot} note={lostFirst(slot)} />
        </Fact>
        <Fact label="Inactive since">
          <Idle slot={slot} nowMs={nowMs} />
        </Fact>
        <Fact label="xmin age">
          <Xmin slot={slot} />
        </Fact>
      </Facts>
    </article>
  );
}

function Owner({ slot }: { slot: SlotRow }) {
  if (slot.owner === null)
    return <span className="text-muted">{slot.type === 'logical' ? 'a subscriber' : 'no node of this cluster'}</span>;
  const { word, tone } = NODE_STATE[slot.owner.state];
  return (
    <>
      <span className="name block">{slot.owner.name}</span>
      <StateWord tone={tone} word={word} className="text-xs" />
    </>
  );
}

function Left({ slot }: { slot: SlotRow }) {
  if (slot.untilLost.present.kind === 'no-limit') return <span className="text-muted">no limit set</span>;
  if (slot.use === 'lost') return <span className="text-bad">nothing</span>;
  return orUnknown(slot.safeWalBytes, formatBytes);
}

/** A prediction for a slot that stands still; for one that moves on with its consumer, what would be if that stopped. */
function ForecastOf({ pair, slot, note = null }: { pair: ForecastPair; slot: SlotRow; note?: string | null }) {
  const { first, second } = forecastPairWords(pair);
  if (slot.use === 'lost') return <span className="text-muted">–</span>;
  if (first === 'unknown' && second === null) return <Unknown />;
  const moves = slot.use === 'feeding' || slot.use === 'spare';
  const hypothetical = moves && slot.severity === null && pair.present.kind !== 'no-limit';
  return (
    <>
      {hypothetical ? <span className="block text-xs text-muted">advances; if it stopped:</span> : null}
      <span className={hypothetical ? 'text-muted' : 'font-medium'}>{first}</span>
      {second === null ? null : <span className="block text-xs text-muted">{second}</span>}
      {note === null ? null : <span className="block text-xs text-muted">{note}</span>}
    </>
  );
}

/** A slot with a limit gives up its WAL before the disk is full: then the disk is no risk of this slot's making. */
function lostFirst({ untilLost: { present: lost }, untilDiskFull: { present: full } }: SlotRow): string | null {
  return lost.kind === 'minutes' && full.kind === 'minutes' && lost.minutes < full.minutes ? 'lost before then' : null;
}

function Idle({ slot, nowMs }: { slot: SlotRow; nowMs: number }) {
  if (slot.active) return <span className="text-muted">–</span>;
  if (slot.inactiveSince === null) return <Unknown />;
  return (
    <>
      <Instant at={slot.inactiveSince} />
      <span className="block text-xs text-muted">for {formatElapsed(slot.inactiveSince, nowMs)}</span>
    </>
  );
}

function Xmin({ slot }: { slot: SlotRow }) {
  const { xminAge, catalogXminAge } = slot;
  if (xminAge === null && catalogXminAge === null) return <span className="text-muted">holds none</span>;
  return (
    <>
      {xminAge === null ? null : <span className="block">{formatCount(xminAge)} transactions</span>}
      {catalogXminAge === null ? null : (
        <span className="block text-xs text-muted">catalog: {formatCount(catalogXminAge)} transactions</span>
      )}
    </>
  );
}
