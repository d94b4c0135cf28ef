import Link from 'next/link';
import { StateScreen } from '@/components/shell/state-screen.tsx';
import { buttonStyle } from '@/components/ui/button.tsx';

export const metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <StateScreen
      tone="unknown"
      title="There is no such page"
      actions={
        <Link href="/clusters" className={buttonStyle({ kind: 'primary' })}>
          To the clusters
        </Link>
      }
    >
      <p>The address may be mistyped, or its object was retired. All clusters you may see are on the clusters page.</p>
    </StateScreen>
  );
}
