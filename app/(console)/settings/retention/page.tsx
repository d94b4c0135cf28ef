import { NotShown } from '@/components/settings/section.tsx';
import { RetentionScreen } from '@/components/settings/retention-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { readOwnHealth } from '@/lib/queries/settings/own-health.ts';

export const metadata = { title: 'Retention · Settings' };

export default async function RetentionPage() {
  const actor = await requireActor('cluster.read', 'anywhere');
  const why = whyDenied(actor, 'cluster.read', 'fleet');
  const health = why === null ? await orScreenError(() => readOwnHealth(actor, new Date())) : null;
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Retention</h1>
      {health === null ? (
        <NotShown title="What is kept for how long" why={why ?? ''} />
      ) : (
        <RetentionScreen health={withInertText(health)} />
      )}
    </>
  );
}
