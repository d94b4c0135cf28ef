import { abortMatrix } from '../../lib/domain/operation/machine/abort-matrix.ts';
import type { Plan } from '../../lib/domain/operation/model.ts';
import { Panel } from '../ui/panel.tsx';
import { Cell, HeaderCell, Table } from '../ui/table.tsx';
import { PHASE } from './words.ts';

/** Stage by stage: what cancelling does, what a failure leads to, and the worst that can be left. */
export function AbortTable({ plan }: { plan: Plan }) {
  return (
    <Panel title="Cancel and failure behaviour" note="At worst, step by step">
      <details>
        <summary className="cursor-pointer px-5 py-3 text-[13px] font-medium">{returnSentence(plan)}</summary>
        <Table label="Cancel and failure behaviour, by stage" className="min-w-[46rem]">
          <thead>
            <tr>
              <HeaderCell>While</HeaderCell>
              <HeaderCell>Cancelled</HeaderCell>
              <HeaderCell>Failed</HeaderCell>
              <HeaderCell>At worst</HeaderCell>
            </tr>
          </thead>
          <tbody>
            {abortMatrix(plan).map((row) => (
              <tr key={row.stage} className={row.phase === 'critical' ? 'bg-warn-soft' : undefined}>
                <Cell className="w-1/4">
                  {row.steps.map((title) => (
                    <span key={title} className="name block font-medium">
                      {title}
                    </span>
                  ))}
                  <span className="block text-xs text-muted">{PHASE[row.phase].title}</span>
                </Cell>
                <Cell className="w-1/4">
                  <span className="name">{row.cancel}</span>
                </Cell>
                <Cell className="w-1/4">
                  <span className="name">{row.failure}</span>
                </Cell>
                <Cell className="w-1/4">
                  {row.worst.map((sentence) => (
                    <span key={sentence} className="name block">
                      {sentence}
                    </span>
                  ))}
                </Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      </details>
    </Panel>
  );
}

function returnSentence({ steps, pointOfNoReturn }: Plan): string {
  const first = steps.find(({ stage }) => pointOfNoReturn !== null && stage >= pointOfNoReturn);
  return first === undefined
    ? 'It can be cancelled at any step. Show the outcome at each step'
    : `It can be cancelled until “${first.title}”; no rollback after that. Show the outcome at each step`;
}
