import { ClustersScreen } from '@/components/settings/clusters-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { readRegistry } from '@/lib/queries/settings/registry.ts';
import { addCluster } from '../actions.ts';

export const metadata = { title: 'Clusters · Settings' };

export default async function ClusterSettingsPage() {
  const actor = await requireActor('cluster.read', 'anywhere');
  const registry = await orScreenError(() => readRegistry(actor, new Date()));
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Clusters and nodes</h1>
      <ClustersScreen registry={withInertText(registry)} why={whyDenied(actor, 'cluster.manage', 'fleet')} addCluster={addCluster} />
    </>
  );
}
