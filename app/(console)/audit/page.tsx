import { auditFilterOf, parseAuditChoice } from '@/lib/domain/audit/audit-filter.ts';
import { AuditScreen } from '@/components/audit/audit-screen.tsx';
import { metadataOf, viewerOf } from '@/app/(console)/screen-of-page.ts';
import { orScreenError } from '@/lib/auth/session.ts';
import { mayActor } from '@/lib/domain/policy/permissions.ts';
import { readChainStatus } from '@/lib/queries/audit/chain.ts';
import { readAudit } from '@/lib/queries/audit/list.ts';

export const metadata = metadataOf('audit');

export default async function AuditPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const actor = await viewerOf('audit');
  const choice = parseAuditChoice(await searchParams);
  const [entries, chain] = await orScreenError(() =>
    Promise.all([readAudit(actor, auditFilterOf(choice)), mayActor(actor, 'audit.read', 'fleet') ? readChainStatus(actor) : null]),
  );
  return <AuditScreen initial={entries} chain={chain} choice={choice} />;
}
