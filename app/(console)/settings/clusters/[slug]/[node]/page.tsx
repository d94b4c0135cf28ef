import { notFound } from 'next/navigation';
import { Breadcrumb } from '@/components/shell/breadcrumb.tsx';
import { EnrolmentScreen } from '@/components/settings/enrolment-screen.tsx';
import { providerName } from '@/components/status/words.ts';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { addressOf, screenOf } from '@/lib/domain/screens/screens.ts';
import { readEnrolment, readInstallation } from '@/lib/queries/settings/registry.ts';
import { issueToken, unlock } from '../../../actions.ts';

export const metadata = { title: 'Enrolment · Settings' };

export default async function EnrolmentPage({ params }: { params: Promise<{ slug: string; node: string }> }) {
  const actor = await requireActor('cluster.read', 'anywhere');
  const { slug, node } = await params;
  const [enrolment, installation] = await orScreenError(async () => [
    await readEnrolment(actor, decodeURIComponent(slug), decodeURIComponent(node), new Date()),
    await readInstallation(actor),
  ]);
  if (enrolment === null) notFound();
  const { name, site } = withInertText(enrolment.node);
  const registered = addressOf('registered-clusters');
  return (
    <>
      <div>
        <Breadcrumb
          current={false}
          crumbs={[
            { href: registered, text: screenOf('registered-clusters').label },
            { href: `${registered}/${slug}`, text: decodeURIComponent(slug) },
          ]}
        />
        <h1 className="name text-xl font-semibold tracking-tight">Enrolment of {name}</h1>
        <p className="name text-[13px] text-muted">
          {providerName(site.provider)} {site.region}, {site.zone} · {site.jurisdiction}
        </p>
      </div>
      <EnrolmentScreen
        enrolment={withInertText(enrolment)}
        installation={installation === null ? null : withInertText(installation)}
        whyNotEnrol={whyDenied(actor, 'node.enrol', { cluster: slug })}
        issueToken={issueToken}
        unlock={unlock}
      />
    </>
  );
}
