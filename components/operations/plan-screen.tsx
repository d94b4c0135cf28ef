'use client';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useMemo, useOptimistic, useState, useTransition } from 'react';
import type { PlanPreview } from '../../lib/domain/operation/answers/answers.ts';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { isSamePlan } from '../../lib/domain/operation/outlook/difference.ts';
import { draftQuery, planPath } from '../../lib/domain/operation/request-address.ts';
import type { Draft } from '../../lib/domain/operation/request-address.ts';
import { targetNodes } from '../../lib/domain/operation/target.ts';
import type { NodeStanding } from '../../lib/domain/operation/plan/node-standing.ts';
import type { ClusterView, Site } from '../../lib/domain/topology/model.ts';
import { useLiveCluster } from '../clusters/live-cluster.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { usePolled } from '../live/polled.ts';
import { SessionOver } from '../live/session-over.tsx';
import { Card } from '../ui/card.tsx';
import { AbortTable } from './abort-table.tsx';
import { BeforeAfter } from './before-after.tsx';
import { ChecksPanel } from './checks-panel.tsx';
import { ConfirmOperation } from './confirm-operation.tsx';
import type { StartOperation } from './confirm-operation.tsx';
import { Expectations } from './expectations.tsx';
import { PlanChanged } from './plan-changed.tsx';
import { PlanSteps } from './plan-steps.tsx';
import { TargetForm } from './target-form.tsx';
import type { SlotEntry } from './field-input.tsx';

/** Often enough that a check that fails is seen before the button is pressed. */
const PREVIEW_EVERY_MS = 2_000;

interface Props {
  slug: string;
  name: string;
  view: ClusterView | null;
  registered: { name: string; site: Site }[];
  nowMs: number;
  draft: Draft;
  /** `null` while a choice is missing. */
  preview: PlanPreview | null;
  slots: SlotEntry[];
  /** How the target of a reversion could be brought back; `null` = nothing is known, or nothing comes back. */
  standing: NodeStanding | null;
  /** One for each view of the page: a request that is sent twice is one operation. */
  idempotencyKey: string;
  start: StartOperation;
}

/** The dry run of one operation: choices, before and after, what to expect, checks, steps, and the button or what stands in its way. */
export function PlanScreen(props: Props) {
  const { slug, draft } = props;
  const { view, stream, nowMs } = useLiveCluster(slug, props.view, props.nowMs);
  const router = useRouter();
  const [pending, startTransition] = useTransition();
  const nodes = useMemo(() => targetNodes(view, props.registered), [view, props.registered]);
  const siteOf = useMemo(() => new Map(nodes.map(({ name, site }) => [name, site])), [nodes]);
  // The choice shows at once; its plan follows with the new address.
  const [chosen, setChosen] = useOptimistic(draft);
  const choose = (next: Draft) =>
    startTransition(() => {
      setChosen(next);
      router.replace(planPath(slug, next), { scroll: false });
    });
  return (
    <>
      <SessionOver status={stream.status} returnTo={planPath(slug, draft)} />
      <main id="content" className="mx-auto max-w-[1800px] space-y-4 px-4 py-5 sm:px-6">
        <header className="flex flex-wrap items-start justify-between gap-x-8 gap-y-2">
          <div className="min-w-0 flex-1 basis-80">
            <h1 className="name text-xl font-semibold tracking-tight">{kindOf(draft.kind).words.title}</h1>
            <p className="name mt-1 max-w-4xl text-[15px] text-muted">
              {props.name}: {kindOf(draft.kind).words.help}
            </p>
          </div>
          <LiveIndicator stream={stream} computedAt={view?.computedAt ?? null} nowMs={nowMs} />
        </header>
        <TargetForm slug={slug} draft={chosen} nodes={nodes} view={view} slots={props.slots} standing={props.standing} onChange={choose} />
        {props.preview === null ? (
          <Card className="px-5 py-5 text-muted">Choose above. The plan, its checks and its cost appear here before anything is done.</Card>
        ) : (
          <div aria-busy={pending} inert={pending} className={pending ? 'opacity-60' : undefined}>
            <ShownPlan key={draftQuery(draft)} {...props} preview={props.preview} siteOf={siteOf} nowMs={nowMs} />
          </div>
        )}
      </main>
    </>
  );
}

function ShownPlan(props: Props & { preview: PlanPreview; siteOf: ReadonlyMap<string, Site> }) {
  const { slug, nowMs } = props;
  // From the moment somebody begins to agree to a plan it does not change under their eyes, until they ask for the new one.
  const [agreedTo, setAgreedTo] = useState<PlanPreview | null>(null);
  const { answer, stream } = usePolled<PlanPreview>(previewUrl(slug, props.draft), props.preview, PREVIEW_EVERY_MS);
  const moved = agreedTo !== null && !isStill(agreedTo, answer);
  const shown = moved ? agreedTo : answer;
  const { plan, outlook } = shown;
  if (plan === null || outlook === null || shown.hash === null) {
    return <NoPlan reasons={answer.impossible} />;
  }
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_25rem]">
      <div className="min-w-0 space-y-4">
        {moved ? <PlanChanged seen={plan} now={answer} onShow={() => setAgreedTo(null)} /> : null}
        <BeforeAfter plan={plan} siteOf={props.siteOf} />
        <Expectations plan={plan} outlook={outlook} nowMs={nowMs} />
        <ChecksPanel checks={outlook.checks} nowMs={nowMs} />
        <PlanSteps plan={plan} />
        <AbortTable plan={plan} />
      </div>
      <div className="min-w-0 xl:sticky xl:top-18 xl:max-h-[calc(100dvh-5.5rem)] xl:overflow-y-auto">
        <ConfirmOperation
          slug={slug}
          plan={plan}
          hash={shown.hash}
          agreedHash={(agreedTo ?? shown).hash}
          outlook={outlook}
          denied={answer.denied}
          unanswered={stream.status === 'reconnecting' || stream.status === 'unavailable'}
          moved={moved}
          idempotencyKey={props.idempotencyKey}
          onBegin={() => setAgreedTo((before) => before ?? shown)}
          start={props.start}
        />
      </div>
    </div>
  );
}

/** An agreement holds for a plan that says the same. */
const isStill = (agreedTo: PlanPreview, now: PlanPreview): boolean =>
  agreedTo.hash === now.hash || (agreedTo.plan !== null && now.plan !== null && isSamePlan(agreedTo.plan, now.plan));

function NoPlan({ reasons }: { reasons: readonly string[] }) {
  return (
    <Card role="region" aria-label="Not possible now" className="px-5 py-4">
      <h2 className="font-semibold">Not possible now</h2>
      <ul className="name mt-2 list-disc space-y-1 pl-5">
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <p className="mt-2 text-[13px] text-muted">
        This is looked at again every 2 s. Choose otherwise above, or{' '}
        <Link href="/findings" prefetch={false} className="text-accent underline">
          open findings
        </Link>
        .
      </p>
    </Card>
  );
}

const previewUrl = (slug: string, draft: Draft): string => `/api/plans/${encodeURIComponent(slug)}/${draft.kind}${draftQuery(draft)}`;
