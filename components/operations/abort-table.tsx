import type { Plan } from '../../lib/domain/operation/model.ts';
import { abortMatrix } from '../../lib/domain/operation/abort-matrix.ts';
import { Panel } from '../ui/panel.tsx';
import { Cell, HeaderCell, Table } from '../ui/table.tsx';

/** Stage by stage: what cancelling does, what a failure leads to, and the worst that can be left. */
export function AbortTable({ plan }: { plan: Plan }) {
  const rows = abortMatrix(plan);
  return (
    <Panel title="If it is cancelled, or something fails">
      <Table label="What cancelling or a failure leads to, by stage">
        <thead>
          <tr>
            <HeaderCell>At</HeaderCell>
            <HeaderCell>Cancelled</HeaderCell>
            <HeaderCell>Failed</HeaderCell>
            <HeaderCell>At worst</HeaderCell>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.stage}>
              <Cell className="min-w-40 font-medium">{JSON.stringify(row)}</Cell>
            </tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
