import { cache } from 'react';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readCluster } from '@/lib/queries/cluster.ts';
import type { ClusterRead } from '@/lib/queries/cluster.ts';

/** The cluster that the address names, read once for the layout, the title and the page of one request; `null` when there is none. */
export const clusterOfPage = cache(async (slug: string): Promise<(ClusterRead & { readAtMs: number }) | null> => {
  const actor = await requireActor('cluster.read', 'anywhere');
  const cluster = await orScreenError(() => readCluster(actor, slug));
  if (cluster === null) return null;
  const { registered, ...texts } = cluster;
  return { ...withInertText(texts), registered, readAtMs: Date.now() };
});
