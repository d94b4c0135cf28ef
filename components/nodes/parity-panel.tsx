'use client';
import { useState } from 'react';
import type { NodeDetails } from '../../lib/domain/node-details/details.ts';
import type { ParityVerdict } from '../../lib/domain/node-details/parity.ts';
import { Help } from '../help/help.tsx';
import { NODE_HELP } from '../help/texts-node.ts';
import { StateWord } from '../status/mark.tsx';
import { Unknown } from '../status/unknown.tsx';
import type { StateTone } from '../status/words.ts';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { Cell, HeaderCell, Table } from '../ui/table.tsx';
import { FactsAge, NeverRead } from './facts-age.tsx';

const VERDICT: Record<ParityVerdict, { word: string; tone: StateTone }> = {
  blocks: { word: 'blocks', tone: 'bad' },
  differs: { word: 'differs', tone: 'warn' },
  unknown: { word: 'unknown', tone: 'unknown' },
  same: { word: 'same', tone: 'good' },
};

/** This node beside its primary. */
export function ParityPanel({ details, nowMs }: { details: NodeDetails; nowMs: number }) {
  const [all, setAll] = useState(false);
  const { parity, primaryName, name } = details;
  const different = parity?.rows.filter(({ verdict }) => verdict !== 'same') ?? [];
  const shown = all ? (parity?.rows ?? []) : different;
  return (
    <Panel
      title="Parity with the primary"
      aside={<Help text={NODE_HELP.parity} />}
      id="parity"
      note={
        parity === null ? undefined : (
          <>
            primary’s: <FactsAge at={parity.primaryFactsAt} nowMs={nowMs} />
          </>
        )
      }
    >
      {primaryName === name ? (
        <p className="px-5 py-4 text-muted">This node is the primary. Its standbys are compared with it on their own pages.</p>
      ) : parity === null ? (
        <NeverRead what="its versions and settings" />
      ) : (
        <>
          {primaryName === null ? (
            <p className="px-5 pt-4 text-unknown">No primary is known now, so there is nothing to compare with.</p>
          ) : null}
          {shown.length === 0 ? (
            <p className="px-5 py-4 text-muted">Versions, libraries, settings and extensions are the same as on {primaryName}.</p>
          ) : (
            <Table label="Comparison with the primary" className="min-w-[34rem]">
              <thead>
                <tr>
                  {['What', 'Here', primaryName ?? 'Primary', 'Verdict'].map((header, index) => (
                    <HeaderCell key={index} className="name">
                      {header}
                    </HeaderCell>
                  ))}
                </tr>
              </thead>
              <tbody>
                {shown.map((row) => (
                  <tr key={row.what}>
                    <Cell className="name min-w-36">{row.what}</Cell>
                    <Cell className="name max-w-56">{row.own ?? <Unknown />}</Cell>
                    <Cell className="name max-w-56">{row.primary ?? <Unknown />}</Cell>
                    <Cell className="min-w-32">
                      <StateWord {...VERDICT[row.verdict]} />
                      {row.why === null ? null : <span className="block text-xs text-muted">{row.why}</span>}
                    </Cell>
                  </tr>
                ))}
              </tbody>
            </Table>
          )}
          <div className="flex flex-wrap items-center gap-3 px-5 py-3 text-[13px] text-muted">
            <span>
              {parity.rows.length} compared, {parity.rows.length - different.length} the same.
            </span>
            <Button size="small" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? 'Show only differences' : 'Show all'}
            </Button>
          </div>
        </>
      )}
    </Panel>
  );
}
