import { RetentionScreen } from '@/components/settings/retention-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readOwnHealth } from '@/lib/queries/settings/own-health.ts';

export const metadata = { title: 'Retention · Settings' };

export default async function RetentionPage() {
  const actor = await requireActor('cluster.read');
  const health = await orScreenError(() => readOwnHealth(actor, new Date()));
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Retention</h1>
      <RetentionScreen health={withInertText(health)} />
    </>
  );
}
