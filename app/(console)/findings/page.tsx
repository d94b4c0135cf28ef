import { parseFilter } from '@/lib/domain/findings/finding-filter.ts';
import { FindingsScreen } from '@/components/findings/findings-screen.tsx';
import { metadataOf, viewerOf } from '@/app/(console)/screen-of-page.ts';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { readFindingHistory, readFindings } from '@/lib/queries/findings.ts';
import { acknowledge, withdraw } from './actions.ts';

export const metadata = metadataOf('findings');

export default async function FindingsPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const actor = await viewerOf('findings');
  const filter = parseFilter(await searchParams);
  const [findings, history] = await orScreenError(async () => {
    const at = new Date();
    return [await readFindings(actor, at), await readFindingHistory(actor, filter.days, at)] as const;
  });
  return (
    <FindingsScreen
      findings={withInertText(findings)}
      history={withInertText(history)}
      filter={filter}
      whyNot={
        new Map(
          findings.clusters.flatMap(({ slug: cluster }) => {
            const why = whyDenied(actor, 'finding.acknowledge', { cluster });
            return why === null ? [] : [[cluster, why] as const];
          }),
        )
      }
      acknowledge={acknowledge}
      withdraw={withdraw}
    />
  );
}
