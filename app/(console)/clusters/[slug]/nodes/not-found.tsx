import Link from 'next/link';
import { StateScreen } from '@/components/shell/state-screen.tsx';
import { buttonStyle } from '@/components/ui/button.tsx';

export default function NodeNotFound() {
  return (
    <StateScreen
      tone="unknown"
      title="There is no node with this name in this cluster"
      actions={
        <Link href="/clusters" className={buttonStyle({ kind: 'primary' })}>
          To the clusters
        </Link>
      }
    >
      <p>It may have been retired, or the address is mistyped. The page of its cluster lists every node that is registered.</p>
    </StateScreen>
  );
}
