import { OperationsScreen } from '@/components/operations/operations-screen.tsx';
import { parsePageFilter, statesOf } from '@/lib/domain/operation/answers/page-filter.ts';
import type { Params } from '@/lib/domain/operation/request-address.ts';
import { metadataOf, viewerOf } from '@/app/(console)/screen-of-page.ts';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readOperations } from '@/lib/queries/operations/list.ts';
import { readPlaces } from '@/lib/queries/places.ts';

export const metadata = metadataOf('operations');

export default async function OperationsPage({ searchParams }: { searchParams: Promise<Params> }) {
  const actor = await viewerOf('operations');
  const filter = parsePageFilter(await searchParams);
  const { cluster, kind, which } = filter;
  const [operations, places] = await orScreenError(() =>
    Promise.all([readOperations(actor, { cluster, kinds: kind === null ? null : [kind], states: statesOf(which) }), readPlaces(actor)]),
  );
  const clusters = places.clusters.map(({ slug, name }) => ({ slug, name }));
  return <OperationsScreen initial={withInertText(operations)} filter={filter} clusters={withInertText(clusters)} />;
}
