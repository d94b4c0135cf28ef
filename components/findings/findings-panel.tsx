import Link from 'next/link';
import type { ReactNode } from 'react';
import type { Finding } from '../../lib/domain/findings/model.ts';
import { isViewCurrent } from '../../lib/domain/topology/age.ts';
import { byUrgency } from '../../lib/domain/topology/summary.ts';
import { formatElapsed } from '../../lib/domain/format/duration.ts';
import { formatEvidence, formatEvidenceKey } from '../../lib/domain/format/evidence.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';
import { Button, buttonStyle } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { operationLink } from './operation-link.ts';

/** Shows open findings, worst first, each with evidence and the next action. */
export function FindingsPanel(props: {
  slug: string;
  findings: readonly Finding[];
  evaluatedAt: string;
  nowMs: number;
  onChooseNode: (name: string) => void;
}) {
  const ordered = [...props.findings].sort(byUrgency);
  const stale = !isViewCurrent(props.evaluatedAt, props.nowMs);
  return (
    <Card role="region" aria-label="Findings" id="findings" className="scroll-mt-16">
      <h2 className="border-b border-line px-5 py-3 font-semibold">
        Findings <span className="font-normal text-muted">({stale ? 'unknown' : ordered.length})</span>
      </h2>
      {stale ? (
        <p className="border-b border-line px-5 py-3 text-unknown last:border-0">
          Not evaluated since <Instant at={props.evaluatedAt} />: the present findings are unknown.
          {ordered.length === 0 ? '' : ' These were open then.'} Next: check that Farshore’s controller runs and reaches its database.
        </p>
      ) : null}
      {ordered.length === 0 && stale ? null : ordered.length === 0 ? (
        <p className="px-5 py-5 text-muted">No open findings.</p>
      ) : (
        <ul>
          {ordered.map((finding) => (
            <li key={finding.id} className="border-b border-line px-5 py-4 last:border-0">
              <FindingEntry slug={props.slug} finding={finding} nowMs={props.nowMs} onChooseNode={props.onChooseNode} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

export function FindingEntry(props: {
  /** Of its cluster. */
  slug: string;
  finding: Finding;
  nowMs: number;
  onChooseNode?: (name: string) => void;
  /** Stands where the node's button would, such as a link to it. */
  where?: ReactNode;
  /** Stands below what to do next. */
  children?: ReactNode;
}) {
  const { finding, nowMs, onChooseNode } = props;
  const { nodeName } = finding;
  const operation = operationLink(finding, props.slug);
  return (
    <article aria-label={finding.summary}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-[13px] text-muted">
        <StateWord {...SEVERITY[finding.severity]} className="w-20" />
        {nodeName === null || onChooseNode === undefined ? null : (
          <Button kind="secondary" size="small" className="h-6 max-w-60 px-2" onClick={() => onChooseNode(nodeName)}>
            <span className="name-line">{nodeName}</span>
          </Button>
        )}
        {props.where}
        <span>
          since <Instant at={finding.since} /> ({formatElapsed(finding.since, nowMs)})
        </span>
        <code className="font-mono text-xs">{finding.code}</code>
      </div>
      <h3 className="name mt-1.5 font-medium">{finding.summary}</h3>
      <p className="name mt-1 text-[13px]">
        <span className="text-muted">Next: </span>
        <WithCode text={finding.nextAction} />
      </p>
      {operation === null ? null : (
        <Link href={operation.href} prefetch={false} className={buttonStyle({ size: 'small', className: 'mt-2' })}>
          {operation.label}
        </Link>
      )}
      {props.children}
      <details className="mt-1.5 text-[13px]">
        <summary className="cursor-pointer text-accent select-none">Evidence, impact and likely causes</summary>
        <div className="mt-3 grid gap-x-8 gap-y-3 md:grid-cols-3">
          <section>
            <h4 className="text-xs text-muted">Evidence</h4>
            <dl className="mt-1 space-y-1">
              {Object.entries(finding.evidence).map(([key, evidence]) => (
                <div key={key} className="flex flex-wrap gap-x-2">
                  <dt className="text-muted first-letter:uppercase">{formatEvidenceKey(key)}:</dt>
                  <dd className="name font-medium">
                    {evidence.kind === 'instant' && evidence.value !== null ? <Instant at={evidence.value} /> : formatEvidence(evidence)}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
          <section>
            <h4 className="text-xs text-muted">Impact</h4>
            <p className="name mt-1">{finding.impact}</p>
          </section>
          <section>
            <h4 className="text-xs text-muted">Likely causes</h4>
            <ul className="mt-1 list-disc space-y-1 pl-4">
              {finding.likelyCauses.map((cause) => (
                <li key={cause} className="name">
                  {cause}
                </li>
              ))}
            </ul>
          </section>
        </div>
      </details>
    </article>
  );
}

/** Commands stand in texts between backticks. */
function WithCode({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <code key={index} className="rounded bg-raised px-1 font-mono text-xs ring-1 ring-line ring-inset">
        {part}
      </code>
    ),
  );
}
