import { ClustersScreen } from '@/components/settings/clusters-screen.tsx';
import { metadataOf, viewerOf } from '@/app/(console)/screen-of-page.ts';
import { SettingsTitle } from '@/components/settings/section.tsx';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { readRegistry } from '@/lib/queries/settings/registry.ts';
import { addCluster } from '../actions.ts';

export const metadata = metadataOf('registered-clusters');

export default async function ClusterSettingsPage() {
  const actor = await viewerOf('registered-clusters');
  const registry = await orScreenError(() => readRegistry(actor, new Date()));
  return (
    <>
      <SettingsTitle screen="registered-clusters" />
      <ClustersScreen registry={withInertText(registry)} why={whyDenied(actor, 'cluster.manage', 'fleet')} addCluster={addCluster} />
    </>
  );
}
