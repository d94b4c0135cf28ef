import type { ReactNode } from 'react';
import { formatAgo, formatDuration } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatCount, formatLsnText } from '../../lib/domain/format/quantity.ts';
import type { NodeDetails } from '../../lib/domain/node-details/details.ts';
import { isViewCurrent } from '../../lib/domain/topology/age.ts';
import { HelpForAll } from '../help/help.tsx';
import { NODE_HELP } from '../help/texts-node.ts';
import { Instant } from '../status/instant.tsx';
import { Unknown } from '../status/unknown.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';
import { FactsAge } from './facts-age.tsx';

const SERVER_HELP = [NODE_HELP.checkpoints, NODE_HELP.clock, NODE_HELP.rewind];

/** Checkpoints, clock, versions and identity. */
export function ServerPanel({ details, nowMs }: { details: NodeDetails; nowMs: number }) {
  const { host, control } = details;
  // Counters and the clock are of the moment: from a node that is not seen now they would only look like knowledge.
  const isSeen = isViewCurrent(details.observedAt, nowMs);
  const checkpoints = isSeen ? details.checkpoints : null;
  const clock = isSeen ? details.clock : null;
  return (
    <Panel title="Server" aside={<HelpForAll texts={SERVER_HELP} />} id="server" note={<FactsAge at={details.factsAt} nowMs={nowMs} />}>
      <div className="grid gap-x-10 gap-y-5 px-5 py-4 md:grid-cols-2 min-[1700px]:grid-cols-4">
        <Group title="Checkpoints">
          <Fact label="Last finished">
            {checkpoints?.lastCheckpointAt == null ? <Unknown /> : <Since at={checkpoints.lastCheckpointAt} nowMs={nowMs} />}
          </Fact>
          <Fact label="By time, since the statistics began">{count(checkpoints?.timed)}</Fact>
          <Fact label="Requested or forced by WAL">{count(checkpoints?.requested)}</Fact>
          <Fact label="pg_control’s redo position">{text(control === null ? null : formatLsnText(control.latestCheckpointLsn), true)}</Fact>
          <Fact label="Data checksums">{control === null ? <Unknown /> : control.dataChecksumVersion > 0 ? 'on' : 'off'}</Fact>
          <Fact label="WAL segment">{control === null ? <Unknown /> : formatBytes(control.walSegmentBytes)}</Fact>
          <Fact label="Queries cancelled by replay">{count(isSeen ? details.conflictsCancelled : null)}</Fact>
        </Group>
        <Group title="Clock">
          <Fact label="Against the controller">{duration(clock?.offsetMs)}</Fact>
          <Fact label="Known to within">{clock?.uncertaintyMs == null ? <Unknown /> : `± ${formatDuration(clock.uncertaintyMs)}`}</Fact>
          <Fact label="chrony">
            {clock === null ? (
              <Unknown />
            ) : clock.chrony === null ? (
              'not running or not readable'
            ) : (
              `${formatDuration(clock.chrony.offsetMs)}, stratum ${clock.chrony.stratum}`
            )}
          </Fact>
        </Group>
        <Group title="Versions">
          <Fact label="PostgreSQL">{text(host?.postgresVersion?.replace(/ on .*$/, '').replace(/^PostgreSQL /, ''))}</Fact>
          <Fact label="Running since">{details.startedAt === null ? <Unknown /> : <Instant at={details.startedAt} />}</Fact>
          <Fact label="Collation library">{text(host?.collation)}</Fact>
          <Fact label="OpenSSL">{text(host?.openssl?.replace(/ \(Library:.*$/, ''))}</Fact>
          <Fact label="Agent">{text(host?.agentVersion)}</Fact>
          <Fact label="Extensions">
            {details.extensions === null ? (
              <Unknown />
            ) : (
              details.extensions.map(({ name, version }) => `${name} ${version}`).join(', ') || 'none'
            )}
          </Fact>
        </Group>
        <Group title="Host and identity">
          <Fact label="Host">{text(host?.hostName)}</Fact>
          <Fact label="Operating system">
            {text(host === null ? null : `${host.operatingSystem}, ${host.kernel}, ${host.architecture}`)}
          </Fact>
          <Fact label="Data directory">{text(host?.dataDirectory, true)}</Fact>
          <Fact label="Registered">
            <Instant at={details.registeredAt} />
          </Fact>
          <Fact label="Agent joined">{details.enrolledAt === null ? 'not yet' : <Instant at={details.enrolledAt} />}</Fact>
          <Fact label="Node’s id">
            <code className="font-mono text-xs">{details.uuid}</code>
          </Fact>
        </Group>
      </div>
      <Sentences
        title="Obstacles to a rewind of this node"
        none="None of the tested conditions blocks a rewind."
        list={details.rewindObstacles}
      />
      <Sentences title="Access that the agent lacks" none="None: the agent can read all it needs." list={details.agentProblems} />
    </Panel>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="border-b border-line pb-1 text-xs font-semibold text-muted">{title}</h3>
      <Facts className="mt-2">{children}</Facts>
    </section>
  );
}

function Sentences({ title, none, list }: { title: string; none: string; list: string[] | null }) {
  return (
    <section className="border-t border-line px-5 py-3 text-[13px]">
      <h3 className="text-xs font-semibold text-muted">{title}</h3>
      {list === null ? (
        <p className="mt-1">
          <Unknown />
        </p>
      ) : list.length === 0 ? (
        <p className="mt-1 text-muted">{none}</p>
      ) : (
        <ul className="mt-1 list-disc space-y-1 pl-4">
          {list.map((sentence) => (
            <li key={sentence} className="name">
              {sentence}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Since({ at, nowMs }: { at: string; nowMs: number }) {
  return (
    <>
      <Instant at={at} /> <span className="text-muted">({formatAgo(at, nowMs)})</span>
    </>
  );
}

const count = (value: number | null | undefined): ReactNode => (value == null ? <Unknown /> : formatCount(value));
const duration = (value: number | null | undefined): ReactNode => (value == null ? <Unknown /> : formatDuration(value));
const text = (value: string | null | undefined, mono = false): ReactNode =>
  value == null ? <Unknown /> : mono ? <code className="font-mono text-xs">{value}</code> : value;
