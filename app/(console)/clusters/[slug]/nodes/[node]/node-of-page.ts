import { cache } from 'react';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import type { NodeDetails } from '@/lib/domain/node-details/details.ts';
import { readNode } from '@/lib/queries/node.ts';

/** The node that the address names, read once for the title and the page of one request; `null` when there is none. */
export const nodeOfPage = cache(async (slug: string, name: string): Promise<NodeDetails | null> => {
  const actor = await requireActor('cluster.read', 'anywhere');
  return orScreenError(() => readNode(actor, slug, decoded(name)));
});

/** Next hands on the segment as it stands in the address. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
