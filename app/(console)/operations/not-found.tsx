import Link from 'next/link';
import { StateScreen } from '@/components/shell/state-screen.tsx';
import { buttonStyle } from '@/components/ui/button.tsx';

export default function OperationNotFound() {
  return (
    <StateScreen
      tone="unknown"
      title="There is no such operation"
      actions={
        <Link href="/operations" className={buttonStyle({ kind: 'primary' })}>
          To the operations
        </Link>
      }
    >
      <p>No operation has this address. It may have been mistyped, or belong to another installation.</p>
    </StateScreen>
  );
}
