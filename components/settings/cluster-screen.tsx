'use client';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import type { ListedCluster, ListedNode, RegistryAnswer } from '../../lib/domain/enrolment/registry.ts';
import { NAME_CHARACTERS_MAX } from '../../lib/domain/topology/slug.ts';
import type { Action } from '../forms/action-answer.ts';
import { ConfirmedAction } from '../forms/confirm.tsx';
import { usePolledPage } from '../live/polled-page.ts';
import { SessionOver } from '../live/session-over.tsx';
import { StateWord } from '../status/mark.tsx';
import { providerName } from '../status/words.ts';
import { Badge } from '../ui/badge.tsx';
import { Field } from '../ui/field.tsx';
import { ACTIONS_COLUMN, TableHead } from '../help/table-head.tsx';
import { REGISTRY_HELP } from '../help/texts-settings.ts';
import { Cell, Table } from '../ui/table.tsx';
import { FormDialog, textOf } from './form-dialog.tsx';
import { PolicySection } from './policy-section.tsx';
import type { ChangePolicy } from './policy-section.tsx';
import { Section } from './section.tsx';
import { STEP_WORD } from './step-words.ts';

const ASK_EVERY_MS = 3_000;
const WIDE = 'max-md:hidden';
const COLUMNS = [
  { label: 'Node' },
  { label: 'Enrolment', help: REGISTRY_HELP.enrolment },
  { label: 'Where', className: WIDE },
  { label: 'Agent', help: REGISTRY_HELP.agent, className: WIDE },
  ACTIONS_COLUMN,
];

export interface NewNode {
  cluster: string;
  name: string;
  provider: string;
  region: string;
  zone: string;
  jurisdiction: string;
}

export interface ClusterActions {
  changePolicy: ChangePolicy;
  addNode: Action<NewNode, { name: string }>;
  retire: Action<{ cluster: string; node: string }, unknown>;
  endCluster: Action<{ cluster: string }, unknown>;
  /** Why the viewer may not; `null`: may. */
  whyNotManage: string | null;
  whyNotEnrol: string | null;
}

/** One cluster: what it promises, where its nodes are, and how far each is on its way under observation. */
export function ClusterSettings(props: { registry: RegistryAnswer; slug: string; actions: ClusterActions }) {
  const { answer, stream } = usePolledPage('/api/settings/registry', props.registry, ASK_EVERY_MS);
  const cluster = answer.clusters.find(({ slug }) => slug === props.slug);
  const path = `/settings/clusters/${encodeURIComponent(props.slug)}`;
  if (cluster === undefined) return <p className="text-muted">This cluster was retired.</p>;
  return (
    <>
      <SessionOver status={stream.status} returnTo={path} />
      <PolicySection cluster={cluster} change={props.actions.changePolicy} why={props.actions.whyNotManage} />
      <Nodes cluster={cluster} actions={props.actions} path={path} />
      <RetireCluster cluster={cluster} actions={props.actions} />
    </>
  );
}

function Nodes({ cluster, actions, path }: { cluster: ListedCluster; actions: ClusterActions; path: string }) {
  const router = useRouter();
  const sites = cluster.nodes.at(-1)?.site;
  return (
    <Section
      title="Nodes"
      about="A registered node is expected: until its agent reports, it is shown as missing."
      action={
        <FormDialog
          button="Add node"
          kind="primary"
          title={`Add a node to ${cluster.name}`}
          submit="Add node"
          why={actions.whyNotEnrol}
          action={actions.addNode}
          read={(form) => ({
            cluster: cluster.slug,
            name: textOf(form, 'name'),
            provider: textOf(form, 'provider'),
            region: textOf(form, 'region'),
            zone: textOf(form, 'zone'),
            jurisdiction: textOf(form, 'jurisdiction').toUpperCase(),
          })}
          onDone={({ name }) => router.push(`${path}/${encodeURIComponent(name)}`)}
        >
          <div>
            <Field
              label="Name"
              name="name"
              required
              maxLength={NAME_CHARACTERS_MAX}
              placeholder="aws-use1-c"
              autoComplete="off"
              spellCheck={false}
              autoFocus
            />
            <p className="mt-1 text-xs text-muted">
              Lower-case letters, digits and hyphens. It can’t be used again after the node is retired.
            </p>
          </div>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label="Provider"
              name="provider"
              required
              maxLength={60}
              placeholder="aws"
              defaultValue={sites?.provider}
              autoComplete="off"
            />
            <Field
              label="Region"
              name="region"
              required
              maxLength={60}
              placeholder="us-east-1"
              defaultValue={sites?.region}
              autoComplete="off"
            />
            <Field label="Zone" name="zone" required maxLength={60} placeholder="us-east-1c" autoComplete="off" />
            <Field
              label="Jurisdiction"
              name="jurisdiction"
              required
              maxLength={2}
              placeholder="US"
              defaultValue={sites?.jurisdiction}
              autoComplete="off"
            />
          </div>
          <p className="text-xs text-muted">Where it runs. Farshore derives failure domains from this.</p>
        </FormDialog>
      }
    >
      {cluster.nodes.length === 0 ? (
        <p className="px-5 py-5 text-muted">No node is registered. Add the primary first, then its standbys.</p>
      ) : (
        <Table label={`Nodes of ${cluster.name}`}>
          <TableHead columns={COLUMNS} />
          <tbody>
            {cluster.nodes.map((node) => (
              <NodeRow key={node.name} node={node} cluster={cluster} actions={actions} path={path} />
            ))}
          </tbody>
        </Table>
      )}
    </Section>
  );
}

function NodeRow({ node, cluster, actions, path }: { node: ListedNode; cluster: ListedCluster; actions: ClusterActions; path: string }) {
  return (
    <tr>
      <Cell>
        <Link href={`${path}/${encodeURIComponent(node.name)}`} prefetch={false} className="name font-medium text-accent hover:underline">
          {node.name}
        </Link>
        {cluster.holder === node.name ? <Badge className="ml-2">primary</Badge> : null}
      </Cell>
      <Cell className="md:max-w-80">
        <StateWord tone={node.progress.tone} word={STEP_WORD[node.progress.step]} />
        {node.progress.step === 'observed' ? null : (
          <span className="name block text-xs text-muted max-md:hidden">{node.progress.sentence}</span>
        )}
      </Cell>
      <Cell className={WIDE}>
        <span className="name">
          {providerName(node.site.provider)} {node.site.region}, {node.site.zone} · {node.site.jurisdiction}
        </span>
      </Cell>
      <Cell className={WIDE}>{node.agentVersion ?? <span className="text-unknown">unknown</span>}</Cell>
      <Cell className="text-right">
        <ConfirmedAction
          label="Retire…"
          accessibleLabel={`Retire ${node.name}`}
          title={`Retire ${node.name}?`}
          warning={<RetireWarning node={node.name} cluster={cluster.name} />}
          confirm={`Retire ${node.name}`}
          why={actions.whyNotEnrol ?? (cluster.holder === node.name ? 'It is the primary. Switch over to another node first.' : null)}
          action={actions.retire}
          input={{ cluster: cluster.slug, node: node.name }}
        />
      </Cell>
    </tr>
  );
}

function RetireCluster({ cluster, actions }: { cluster: ListedCluster; actions: ClusterActions }) {
  const router = useRouter();
  return (
    <Section
      title="Retire the cluster"
      about="Once its nodes are retired, the cluster can be retired too. Its records are kept."
      action={
        <ConfirmedAction
          label="Retire cluster…"
          title={`Retire ${cluster.name}?`}
          warning={
            <p>It disappears from every screen for good, and its short name can’t be used again. Its history stays in the database.</p>
          }
          confirm="Retire the cluster"
          why={actions.whyNotManage ?? (cluster.nodes.length > 0 ? 'It has nodes. Retire them first.' : null)}
          action={actions.endCluster}
          input={{ cluster: cluster.slug }}
          onDone={() => router.push('/settings/clusters')}
        />
      }
    >
      {null}
    </Section>
  );
}

function RetireWarning({ node, cluster }: { node: string; cluster: string }) {
  return (
    <>
      <p>
        <strong>{node}</strong> is removed from {cluster} for good. This can’t be undone, and its name can’t be used again.
      </p>
      <ul className="list-disc space-y-1 pl-5 text-[13px]">
        <li>Farshore no longer expects it: it counts neither as a copy nor as missing, and its findings resolve.</li>
        <li>Its agent is refused within a minute. Stop it: systemctl disable --now farshore-agent.</li>
        <li>
          PostgreSQL on it is not touched and keeps running. Its replication slot on the upstream stays and retains WAL. Drop that slot.
        </li>
      </ul>
    </>
  );
}
