import { formatDuration } from '../../lib/domain/format/duration.ts';
import type { Finding } from '../../lib/domain/findings/model.ts';
import type { PastFindingEntry } from '../../lib/domain/node-details/details.ts';
import { isViewCurrent } from '../../lib/domain/topology/age.ts';
import { FindingEntry } from '../findings/findings-panel.tsx';
import { Help } from '../help/help.tsx';
import { NODE_HELP } from '../help/texts-node.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';
import { Panel } from '../ui/panel.tsx';
import { Cell, HeaderCell, Table } from '../ui/table.tsx';

/** Shows the node's open and resolved findings. */
export function NodeFindings(props: {
  slug: string;
  findings: readonly Finding[];
  evaluatedAt: string | null;
  /** `null` while names are hidden. */
  past: readonly PastFindingEntry[];
  nowMs: number;
}) {
  const { findings, evaluatedAt, past, nowMs } = props;
  const stale = !isViewCurrent(evaluatedAt, nowMs);
  return (
    <Panel
      title="Findings of this node"
      aside={<Help text={NODE_HELP.findings} />}
      id="findings"
      note={stale ? undefined : `${findings.length} open`}
    >
      {stale ? (
        <p className="px-5 py-4 text-unknown">
          {evaluatedAt === null ? (
            'Not evaluated yet'
          ) : (
            <>
              Not evaluated since <Instant at={evaluatedAt} />
            </>
          )}
          : the present findings are unknown.
          {findings.length === 0 ? '' : ' These were open then.'}
        </p>
      ) : findings.length === 0 ? (
        <p className="px-5 py-4 text-muted">No open findings on this node.</p>
      ) : null}
      {findings.length === 0 ? null : (
        <ul>
          {findings.map((finding) => (
            <li key={finding.id} className="border-t border-line px-5 py-4 first:border-0">
              <FindingEntry slug={props.slug} finding={finding} nowMs={nowMs} />
            </li>
          ))}
        </ul>
      )}
      <PastFindings past={past} />
    </Panel>
  );
}

function PastFindings({ past }: { past: readonly PastFindingEntry[] }) {
  return (
    <details className="border-t border-line">
      <summary className="cursor-pointer px-5 py-3 text-[13px] text-accent select-none">
        {past.length === 0
          ? 'No finding of this node has been resolved yet'
          : `Resolved (${past.length === 100 ? 'the last 100' : past.length})`}
      </summary>
      {past.length === 0 ? (
        <p className="px-5 pb-4 text-[13px] text-muted">Findings appear here, with how long they lasted, once they are resolved.</p>
      ) : (
        <Table label="Resolved findings of this node">
          <thead>
            <tr>
              {['Severity', 'Finding', 'Since', 'Lasted'].map((header) => (
                <HeaderCell key={header}>{header}</HeaderCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {past.map((finding) => (
              <tr key={finding.id}>
                <Cell>
                  <StateWord {...SEVERITY[finding.severity]} />
                </Cell>
                <Cell className="min-w-56">
                  <span className="name block">{finding.summary}</span>
                  <code className="font-mono text-xs text-muted">{finding.code}</code>
                </Cell>
                <Cell>
                  <Instant at={finding.since} />
                </Cell>
                <Cell className="whitespace-nowrap">{formatDuration(Date.parse(finding.resolvedAt) - Date.parse(finding.since))}</Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </details>
  );
}
