'use client';
import { useState } from 'react';
import { formatBytes, formatCount } from '../../lib/domain/format/quantity.ts';
import type { LossLedger } from '../../lib/agent-contract/loss-ledger.ts';
import { Instant } from '../status/instant.tsx';
import { Button } from '../ui/button.tsx';
import { Cell, HeaderCell, Table } from '../ui/table.tsx';

const ROWS_AT_ONCE = 50;

/** Shows rows that exist only on the former primary: by relation, and row by row where that could be read. */
export function LossLedgerTable({ ledger }: { ledger: LossLedger }) {
  const [limit, setLimit] = useState(ROWS_AT_ONCE);
  const rows = ledger.rows?.slice(0, limit) ?? [];
  return (
    <section aria-label={`Loss ledger of ${ledger.node}`} className="space-y-3">
      <div>
        <h3 className="name font-semibold">Loss ledger: rows that exist only on {ledger.node}</h3>
        <p className="name mt-0.5 text-[13px] text-muted">
          {formatCount(ledger.transactions)} committed {ledger.transactions === 1 ? 'transaction' : 'transactions'} in{' '}
          {formatBytes(ledger.bytes)} of WAL on timeline {ledger.timeline}, from{' '}
          <code className="font-mono">{ledger.fromLsn.toUpperCase()}</code> to{' '}
          <code className="font-mono">{ledger.toLsn.toUpperCase()}</code>
          {ledger.firstCommitAt === null || ledger.lastCommitAt === null ? null : (
            <>
              , committed from <Instant at={ledger.firstCommitAt} /> to <Instant at={ledger.lastCommitAt} />
            </>
          )}
          . The copied WAL and the whole list are on {ledger.node} in <code className="font-mono">{ledger.keptIn}</code>.
        </p>
      </div>
      {ledger.relations.length === 0 ? (
        <p className="text-[13px] text-muted">No change of a table was found in that WAL.</p>
      ) : (
        <Table label={`Changes by table on ${ledger.node}`}>
          <thead>
            <tr>
              <HeaderCell>Table</HeaderCell>
              <HeaderCell className="text-right">Inserted</HeaderCell>
              <HeaderCell className="text-right">Updated</HeaderCell>
              <HeaderCell className="text-right">Deleted</HeaderCell>
            </tr>
          </thead>
          <tbody>
            {ledger.relations.map(({ database, relation, inserts, updates, deletes }) => (
              <tr key={`${database} ${relation}`}>
                <Cell>
                  <span className="name">
                    {database}: {relation}
                  </span>
                </Cell>
                <Cell className="text-right tabular-nums">{formatCount(inserts)}</Cell>
                <Cell className="text-right tabular-nums">{formatCount(updates)}</Cell>
                <Cell className="text-right tabular-nums">{formatCount(deletes)}</Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {ledger.rows === null ? (
        <p className="name text-[13px] text-warn">The rows could not be read: {ledger.rowsMessage ?? 'no reason given'}</p>
      ) : rows.length === 0 ? null : (
        <>
          <Table label={`Rows that exist only on ${ledger.node}`}>
            <thead>
              <tr>
                <HeaderCell>Table</HeaderCell>
                <HeaderCell>Change</HeaderCell>
                <HeaderCell>Transaction</HeaderCell>
                <HeaderCell>Row</HeaderCell>
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                <tr key={index}>
                  <Cell>
                    <span className="name">{row.relation}</span>
                  </Cell>
                  <Cell>{row.change}</Cell>
                  <Cell className="tabular-nums">{row.transaction}</Cell>
                  <Cell>
                    {row.row === null ? (
                      <span className="text-muted">can’t be read any more</span>
                    ) : (
                      <code className="name block max-w-[60ch] font-mono text-xs">{row.row}</code>
                    )}
                  </Cell>
                </tr>
              ))}
            </tbody>
          </Table>
          <p className="flex flex-wrap items-center gap-3 text-[13px] text-muted">
            {formatCount(rows.length)} of {formatCount(ledger.rows.length)} rows shown
            {ledger.rowsLeftOut === null
              ? '; whether there are more is unknown'
              : ledger.rowsLeftOut === 0
                ? ''
                : `; ${formatCount(ledger.rowsLeftOut)} more are in the file on ${ledger.node}`}
            .
            {ledger.rows.length > limit ? (
              <Button size="small" onClick={() => setLimit(limit + ROWS_AT_ONCE)}>
                Show more
              </Button>
            ) : null}
          </p>
        </>
      )}
    </section>
  );
}
