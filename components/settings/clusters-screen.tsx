'use client';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import type { ListedCluster, RegistryAnswer } from '../../lib/domain/enrolment/registry.ts';
import type { PolicyChanges, SettingGroup } from '../../lib/domain/policy/cluster-policy.ts';
import { CLUSTER_SETTINGS, DEFAULT_POLICY, SETTING_NAMES } from '../../lib/domain/policy/cluster-policy.ts';
import { settingInWords } from '../../lib/domain/policy/setting-text.ts';
import { NAME_CHARACTERS_MAX } from '../../lib/domain/topology/slug.ts';
import type { Action } from '../forms/action-answer.ts';
import { usePolledPage } from '../live/polled-page.ts';
import { SessionOver } from '../live/session-over.tsx';
import { StateWord } from '../status/mark.tsx';
import { Field } from '../ui/field.tsx';
import { TableHead } from '../help/table-head.tsx';
import { REGISTRY_HELP } from '../help/texts-settings.ts';
import { Cell, Table } from '../ui/table.tsx';
import { FormDialog, textOf } from './form-dialog.tsx';
import { PolicyFields, readPolicyFields } from './policy-fields.tsx';
import { Section } from './section.tsx';

const ASK_EVERY_MS = 5_000;
const WIDE = 'max-md:hidden';
/** The settings that a fleet is compared by. */
const SHOWN = SETTING_NAMES.flatMap((name) => {
  const { column, label, hint } = CLUSTER_SETTINGS[name];
  return column === null ? [] : [{ name, column, label, hint }];
});
const COLUMNS = [
  { label: 'Cluster' },
  { label: 'Nodes', help: REGISTRY_HELP.observed },
  ...SHOWN.map(({ column, label, hint }) => ({
    label: column,
    help: {
      title: column,
      meaning: `${label}. ${hint}`,
      measured: 'Not measured: an administrator sets it. What is measured is compared with it.',
    },
    className: WIDE,
  })),
];

/** Approvals follow once there is something to approve. */
const AT_CREATION: readonly SettingGroup[] = ['purpose', 'objectives', 'residency'];

export interface NewCluster {
  slug: string;
  name: string;
  policy: PolicyChanges;
}

/** Every cluster with what it promises and how its nodes are on their way; the first step of adding one. */
export function ClustersScreen(props: { registry: RegistryAnswer; why: string | null; addCluster: Action<NewCluster, { slug: string }> }) {
  const { answer, stream } = usePolledPage('/api/settings/registry', props.registry, ASK_EVERY_MS);
  const router = useRouter();
  return (
    <>
      <SessionOver status={stream.status} returnTo="/settings/clusters" />
      <Section
        title="Clusters"
        about="A cluster is one primary and its physical standbys. Open one to change its policy and to add nodes."
        action={
          <FormDialog
            button="Add cluster"
            kind="primary"
            title="Add a cluster"
            submit="Add cluster"
            why={props.why}
            action={props.addCluster}
            read={readCluster}
            onDone={({ slug }) => router.push(`/settings/clusters/${encodeURIComponent(slug)}`)}
          >
            <Field label="Name" name="name" required maxLength={100} placeholder="Payments" autoComplete="off" autoFocus />
            <div>
              <Field
                label="Short name"
                name="slug"
                required
                maxLength={NAME_CHARACTERS_MAX}
                placeholder="payments"
                autoComplete="off"
                spellCheck={false}
              />
              <p className="mt-1 text-xs text-muted">
                Lower-case letters, digits and hyphens. It stands in addresses and can’t be changed.
              </p>
            </div>
            <PolicyFields policy={DEFAULT_POLICY} groups={AT_CREATION} />
          </FormDialog>
        }
      >
        {answer.clusters.length === 0 ? (
          <p className="px-5 py-5 text-muted">No cluster yet. Add the first; then add its nodes and let their agents join.</p>
        ) : (
          <Table label="Clusters">
            <TableHead columns={COLUMNS} />
            <tbody>
              {answer.clusters.map((cluster) => (
                <ClusterRow key={cluster.slug} cluster={cluster} />
              ))}
            </tbody>
          </Table>
        )}
      </Section>
    </>
  );
}

function ClusterRow({ cluster }: { cluster: ListedCluster }) {
  const observed = cluster.nodes.filter(({ progress }) => progress.step === 'observed').length;
  const waiting = cluster.nodes.length - observed;
  return (
    <tr>
      <Cell>
        <Link
          href={`/settings/clusters/${encodeURIComponent(cluster.slug)}`}
          prefetch={false}
          className="name font-medium text-accent hover:underline"
        >
          {cluster.name}
        </Link>
        <span className="block font-mono text-xs text-muted">{cluster.slug}</span>
        <span className="block text-xs text-muted md:hidden">
          {SHOWN.map(({ name, column }) => `${column}: ${settingInWords(name, cluster.policy[name])}`).join(', ')}
        </span>
      </Cell>
      <Cell>
        {cluster.nodes.length === 0 ? (
          <span className="text-muted">none registered</span>
        ) : (
          <>
            <StateWord tone={waiting === 0 ? 'good' : 'warn'} word={`${observed} of ${cluster.nodes.length} observed`} />
          </>
        )}
      </Cell>
      {SHOWN.map(({ name }) => (
        <Cell key={name} className={WIDE}>
          {settingInWords(name, cluster.policy[name])}
        </Cell>
      ))}
    </tr>
  );
}

function readCluster(form: FormData): NewCluster | string {
  const policy = readPolicyFields(form, DEFAULT_POLICY, AT_CREATION);
  return typeof policy === 'string' ? policy : { slug: textOf(form, 'slug'), name: textOf(form, 'name'), policy };
}
