/** Says that an address names nothing, and where to go instead. */
import Link from 'next/link';
import { buttonStyle } from '../ui/button.tsx';
import { StateScreen } from './state-screen.tsx';

export function NotFoundScreen({ title, to, why }: { title: string; to: 'clusters' | 'operations'; why: string }) {
  return (
    <StateScreen
      tone="unknown"
      title={title}
      actions={
        <Link href={`/${to}`} className={buttonStyle({ kind: 'primary' })}>
          To the {to}
        </Link>
      }
    >
      <p>{why}</p>
    </StateScreen>
  );
}
