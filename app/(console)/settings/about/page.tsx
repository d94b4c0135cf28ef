import { AboutScreen } from '@/components/settings/about-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readOwnHealth } from '@/lib/queries/settings/own-health.ts';

export const metadata = { title: 'About and health · Settings' };

export default async function AboutPage() {
  const actor = await requireActor('cluster.read');
  const health = await orScreenError(() => readOwnHealth(actor, new Date()));
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">About and health</h1>
      <AboutScreen health={withInertText(health)} />
    </>
  );
}
