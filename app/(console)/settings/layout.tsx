import type { ReactNode } from 'react';
import { SettingsNav } from '@/components/settings/settings-nav.tsx';
import { requireActor } from '@/lib/auth/session.ts';

export default async function SettingsLayout({ children }: { children: ReactNode }) {
  await requireActor('cluster.read', 'anywhere');
  return (
    <main id="content" className="mx-auto max-w-[1600px] px-4 py-6 sm:px-6">
      <div className="flex flex-col gap-x-8 gap-y-5 lg:flex-row">
        <SettingsNav />
        <div className="min-w-0 flex-1 space-y-4">{children}</div>
      </div>
    </main>
  );
}
