/** Gives a page what its screen's description says: title, and the right to see it. */
import type { Metadata } from 'next';
import { requireActor } from '@/lib/auth/session.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import type { Actor } from '@/lib/domain/policy/permissions.ts';
import type { ScreenName } from '@/lib/domain/screens/registry.ts';
import { documentTitle, maySee, screenOf } from '@/lib/domain/screens/screens.ts';
import { clusterOfPage } from './clusters/[slug]/cluster-of-page.ts';

export const metadataOf = (name: ScreenName): Metadata => ({ title: documentTitle(name) });

/** The title of a page of a cluster. */
export const metadataOfCluster =
  (name: ScreenName) =>
  async ({ params }: { params: Promise<{ slug: string }> }): Promise<Metadata> => {
    const cluster = await clusterOfPage((await params).slug);
    return { title: cluster === null ? 'Not found' : documentTitle(name, cluster.name) };
  };

type User = Awaited<ReturnType<typeof requireActor>>;

/** The viewer of a screen that is in no navigation of those who may not see it: they are refused. */
export function viewerOf(name: ScreenName): Promise<User> {
  const { permission, on } = screenOf(name).access;
  return requireActor(permission, on);
}

/** The viewer of a screen that tells others why it shows nothing; `why` is `null` for those who may see it. */
export async function viewerOrWhy(name: ScreenName): Promise<{ actor: User; why: string | null }> {
  const actor = await requireActor('cluster.read', 'anywhere');
  const screen = screenOf(name);
  return { actor, why: maySee(actor, screen) ? null : (whyDenied(actor satisfies Actor, screen.access.permission, 'fleet') ?? '') };
}
