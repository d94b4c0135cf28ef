import { randomUUID } from 'node:crypto';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { PlanScreen } from '@/components/operations/plan-screen.tsx';
import { slotEntries } from '@/components/operations/slot-entries.ts';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { isKind, kindOf } from '@/lib/domain/operation/kinds/registry.ts';
import { fieldsOf, parseDraft, requestOf } from '@/lib/domain/operation/request-address.ts';
import type { Params } from '@/lib/domain/operation/request-address.ts';
import { readNodeStanding } from '@/lib/queries/operations/node-standing.ts';
import { previewOf } from '@/lib/queries/operations/plan.ts';
import { readSlots } from '@/lib/queries/slots.ts';
import { start } from '@/app/(console)/operations/actions.ts';
import { clusterOfPage } from '../../../cluster-of-page.ts';

interface Props {
  params: Promise<{ slug: string; kind: string }>;
  searchParams: Promise<Params>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug, kind } = await params;
  const cluster = await clusterOfPage(slug);
  return { title: cluster === null || !isKind(kind) ? 'Not found' : `${kindOf(kind).words.name} · ${cluster.name}` };
}

export default async function PlanPage({ params, searchParams }: Props) {
  const { slug, kind } = await params;
  const cluster = await clusterOfPage(slug);
  if (cluster === null || !isKind(kind)) notFound();
  const actor = await requireActor('cluster.read', 'anywhere');
  const draft = parseDraft(kind, await searchParams);
  const wanted = requestOf(draft);
  const fields = fieldsOf(kind).map(([, field]) => field);
  const target = typeof draft['target'] === 'string' ? draft['target'] : null;
  const [preview, slots, standing] = await orScreenError(() =>
    Promise.all([
      wanted === null ? null : previewOf(actor, cluster.slug, wanted),
      fields.some(({ field }) => field === 'slot') ? readSlots(actor, cluster.slug) : null,
      target !== null && fields.some((field) => field.field === 'choice' && field.readiness)
        ? readNodeStanding(actor, cluster.slug, target)
        : null,
    ]),
  );
  return (
    <PlanScreen
      slug={cluster.slug}
      name={cluster.name}
      view={cluster.view}
      registered={cluster.registered.map(({ name, site }) => ({ name, site }))}
      nowMs={cluster.readAtMs}
      draft={draft}
      preview={preview === null ? null : withInertText(preview)}
      slots={slots === null ? [] : slotEntries(slots.board?.nodes ?? [])}
      standing={standing === null ? null : withInertText(standing)}
      idempotencyKey={randomUUID()}
      start={start}
    />
  );
}
