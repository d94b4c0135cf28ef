'use client';
import { ArrowRight } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { formatAge, formatDuration, formatSeconds } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatCount, formatLsnText, formatPercent } from '../../lib/domain/format/quantity.ts';
import { byUrgency } from '../../lib/domain/topology/summary.ts';
import type { ClusterView, LinkView, NodeView } from '../../lib/domain/topology/model.ts';
import { FindingEntry } from '../findings/findings-panel.tsx';
import { HelpForAll } from '../help/help.tsx';
import { HELP_TEXTS } from '../help/texts.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { LINK_STATE, NODE_STATE, ROLE_WORD, SYNC_WORD, providerName, tlsWords } from '../status/words.ts';
import { buttonStyle } from '../ui/button.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { usedFraction } from './faces.ts';

const WRITING_HELP = [HELP_TEXTS['commit-latency'], HELP_TEXTS['wal-rate'], HELP_TEXTS.sync, HELP_TEXTS.disk, HELP_TEXTS['clock-offset']];
const LAG_HELP = [
  ...[HELP_TEXTS['lag-seconds'], HELP_TEXTS['lag-transport'], HELP_TEXTS['lag-apply'], HELP_TEXTS['wal-rate']],
  ...[HELP_TEXTS.sync, HELP_TEXTS.disk, HELP_TEXTS['clock-offset']],
];

interface Props {
  node: NodeView | null;
  view: ClusterView;
  nowMs: number;
  /** The page of the node, which has its charts, settings and history. */
  href: string;
  /** `null` while names are hidden. */
  operations: ReactNode;
  onClose: () => void;
}

/** Everything the view knows about one node. */
export function NodeSheet({ node, view, nowMs, href, operations, onClose }: Props) {
  if (node === null) return null;
  const inbound = view.links.find((link) => link.to === node.name) ?? null;
  const outbound = view.links.filter((link) => link.from === node.name);
  const findings = view.findings.filter((finding) => finding.nodeName === node.name).sort(byUrgency);
  return (
    <Sheet
      open
      onClose={onClose}
      title={node.name}
      subtitle={`${ROLE_WORD[node.role]} · ${providerName(node.site.provider)} ${node.site.region}, ${node.site.zone} · ${node.site.jurisdiction}`}
    >
      <div className="space-y-6">
        <section>
          <StateWord {...NODE_STATE[node.state]} className="text-[15px]" />
          {node.stateReason === null ? null : <p className="name mt-1 text-[13px] text-muted">{node.stateReason}</p>}
          <Link href={href} prefetch={false} className={buttonStyle({ kind: 'secondary', size: 'small', className: 'mt-3' })}>
            Charts, settings and history <ArrowRight size={14} aria-hidden />
          </Link>
        </section>
        {operations === null ? null : <Part title="Operations">{operations}</Part>}
        {findings.length === 0 ? null : (
          <Part title={`Findings (${findings.length})`}>
            <ul className="space-y-4">
              {findings.map((finding) => (
                <li key={finding.id}>
                  <FindingEntry slug={view.slug} finding={finding} nowMs={nowMs} />
                </li>
              ))}
            </ul>
          </Part>
        )}
        <div>
          <HelpForAll texts={node.role === 'primary' ? WRITING_HELP : LAG_HELP} className="-ml-2.5" />
        </div>
        {node.role === 'primary' ? <WritingFacts node={node} /> : <LagFacts node={node} />}
        {inbound === null ? null : <LinkFacts title={`Stream from ${inbound.from}`} link={inbound} />}
        {outbound.map((link) => (
          <LinkFacts key={link.to} title={`Stream to ${link.to}`} link={link} />
        ))}
        <Part title="Server">
          <Facts>
            <Fact label="Seen">{formatAge(node.observedAt, nowMs)}</Fact>
            <Fact label="PostgreSQL">{node.serverVersion ?? 'unknown'}</Fact>
            <Fact label="Timeline">{node.timeline ?? 'unknown'}</Fact>
            <Fact label={node.role === 'primary' ? 'Write position' : 'Replay position'}>
              <code className="font-mono">{formatLsnText(node.lsn)}</code>
            </Fact>
            <Fact label="Connections">
              {node.connections === null ? 'unknown' : `${formatCount(node.connections.used)} of ${formatCount(node.connections.limit)}`}
            </Fact>
            {node.volumes.length === 0 ? <Fact label="Disks">unknown</Fact> : null}
            {node.volumes.map((volume) => (
              <Fact key={volume.purpose} label={volume.purpose === 'wal' ? 'WAL disk' : 'Data disk'}>
                {formatPercent(usedFraction(volume))} used, {formatBytes(volume.freeBytes)} free of {formatBytes(volume.sizeBytes)}
              </Fact>
            ))}
            {node.tablespaces?.volumes.map((volume) => (
              <Fact key={volume.mountPoint} label={`Tablespaces at ${volume.mountPoint}`}>
                {formatPercent(usedFraction(volume))} used, {formatBytes(volume.freeBytes)} free of {formatBytes(volume.sizeBytes)}
              </Fact>
            ))}
            {(node.tablespaces?.more ?? 0) === 0 ? null : (
              <Fact label="Other tablespaces">{formatCount(node.tablespaces?.more ?? 0)} more, of which nothing is known</Fact>
            )}
            <Fact label="Clock against the controller">{formatDuration(node.clockOffsetMs)}</Fact>
            <Fact label="Agent">{node.agentVersion ?? 'unknown'}</Fact>
            <Fact label="System identifier">
              <code className="font-mono">{node.systemIdentifier ?? 'unknown'}</code>
            </Fact>
          </Facts>
        </Part>
      </div>
    </Sheet>
  );
}

function WritingFacts({ node }: { node: NodeView }) {
  return (
    <Part title="Writing">
      <Facts>
        <Fact label="Commit of the heartbeat">{formatDuration(node.commitMs)}</Fact>
        <Fact label="WAL written">{formatBytesPerSecond(node.walBytesPerSecond)}</Fact>
      </Facts>
    </Part>
  );
}

function LagFacts({ node }: { node: NodeView }) {
  const { lag, replication } = node;
  const yesNo = (value: boolean | null | undefined) => (value == null ? 'unknown' : value ? 'yes' : 'no');
  return (
    <Part title="Lag behind the primary">
      <Facts>
        <Fact label="Time">{formatSeconds(lag.seconds)}</Fact>
        <Fact label="Transport (not received yet)">{formatBytes(lag.transportBytes)}</Fact>
        <Fact label="Apply (received, not replayed)">{formatBytes(lag.applyBytes)}</Fact>
        <Fact label="Together">{formatBytes(lag.totalBytes)}</Fact>
        <Fact label="Receiving">{yesNo(replication?.receiving)}</Fact>
        <Fact label="Replaying">{yesNo(replication?.replaying)}</Fact>
        <Fact label="WAL received">{formatBytesPerSecond(node.walBytesPerSecond)}</Fact>
        <Fact label="Primary’s sample">
          {lag.primaryObservedAt === null ? 'none' : <Instant at={lag.primaryObservedAt} date={false} />}
        </Fact>
        <Fact label="Standby’s sample">
          {lag.standbyObservedAt === null ? 'none' : <Instant at={lag.standbyObservedAt} date={false} />}
        </Fact>
      </Facts>
      {lag.reason === null ? null : <p className="name mt-2 text-[13px] text-muted">{lag.reason}</p>}
    </Part>
  );
}

function LinkFacts({ title, link }: { title: string; link: LinkView }) {
  return (
    <Part title={title}>
      <StateWord {...LINK_STATE[link.state]} className="text-[13px]" />
      {link.stateReason === null ? null : <p className="name mt-1 text-[13px] text-muted">{link.stateReason}</p>}
      <Facts>
        <Fact label="Synchronisation">{link.syncState === null ? 'unknown' : SYNC_WORD[link.syncState]}</Fact>
        <Fact label="Encryption">{link.tls === null ? tlsWords(link) : `${tlsWords(link)}, ${link.tls.cipher}`}</Fact>
        <Fact label="Slot">{link.slotName ?? 'none known'}</Fact>
        <Fact label="Not sent or not received">{formatBytes(link.transportBytes)}</Fact>
        <Fact label="Write lag, as the upstream measures it">{formatDuration(link.writeLagMs)}</Fact>
        <Fact label="Replay lag, as the upstream measures it">{formatDuration(link.replayLagMs)}</Fact>
        <Fact label="WAL rate">{formatBytesPerSecond(link.walBytesPerSecond)}</Fact>
      </Facts>
    </Part>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="name mb-2 border-b border-line pb-1 text-xs font-semibold text-muted">{title}</h3>
      {children}
    </section>
  );
}
