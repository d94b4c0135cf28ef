import { AboutScreen } from '@/components/settings/about-screen.tsx';
import { NotShown } from '@/components/settings/section.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { readOwnHealth } from '@/lib/queries/settings/own-health.ts';

export const metadata = { title: 'About and health · Settings' };

export default async function AboutPage() {
  const actor = await requireActor('cluster.read', 'anywhere');
  const why = whyDenied(actor, 'cluster.read', 'fleet');
  const health = why === null ? await orScreenError(() => readOwnHealth(actor, new Date())) : null;
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">About and health</h1>
      {health === null ? <NotShown title="Farshore’s own health" why={why ?? ''} /> : <AboutScreen health={withInertText(health)} />}
    </>
  );
}
