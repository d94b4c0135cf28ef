import type { ReactNode } from 'react';
import { CopyButton } from '../ui/copy-button.tsx';

/** A secret that nobody can read again once this is closed. */
export function SecretOnce({ label, secret, children }: { label: string; secret: string; children: ReactNode }) {
  return (
    <div className="space-y-3">
      <div className="text-[15px]">{children}</div>
      <div>
        <div className="flex items-center justify-between">
          <span className="text-[13px] font-medium">{label}</span>
          <CopyButton text={secret} label={`Copy the ${label.toLowerCase()}`} />
        </div>
        <output aria-label={label} className="mt-1 block rounded-md border border-line bg-raised px-3 py-2 font-mono text-[13px] break-all">
          {secret}
        </output>
      </div>
      <p className="text-[13px] text-warn">It is shown this once and kept only as a hash. Store it now.</p>
    </div>
  );
}
