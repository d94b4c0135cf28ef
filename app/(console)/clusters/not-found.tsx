import Link from 'next/link';
import { StateScreen } from '@/components/shell/state-screen.tsx';
import { buttonStyle } from '@/components/ui/button.tsx';

export default function ClusterNotFound() {
  return (
    <StateScreen
      tone="unknown"
      title="There is no cluster with this name"
      actions={
        <Link href="/clusters" className={buttonStyle({ kind: 'primary' })}>
          To the clusters
        </Link>
      }
    >
      <p>It may have been retired, or the address is mistyped. The clusters page lists every cluster that Farshore watches.</p>
    </StateScreen>
  );
}
