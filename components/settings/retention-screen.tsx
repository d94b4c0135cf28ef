'use client';
import type { OwnHealthAnswer, SampleTableSize } from '../../lib/domain/own-health/model.ts';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatCount } from '../../lib/domain/format/quantity.ts';
import { useServerNow } from '../live/clock.ts';
import { usePolledPage } from '../live/polled-page.ts';
import { SessionOver } from '../live/session-over.tsx';
import { Instant } from '../status/instant.tsx';
import { TableHead } from '../help/table-head.tsx';
import { RETENTION_HELP } from '../help/texts-settings.ts';
import { Cell, Table } from '../ui/table.tsx';
import { isPresent } from './controller-age.ts';
import { Section } from './section.tsx';

const ASK_EVERY_MS = 30_000;
const WIDE = 'max-md:hidden';
const COLUMNS = [
  { label: 'What' },
  { label: 'Kept for', help: RETENTION_HELP.keptFor },
  { label: 'Holds', help: RETENTION_HELP.holds, className: 'text-right' },
  { label: 'Rows, about', help: RETENTION_HELP.rows, className: `${WIDE} text-right` },
  { label: 'Partitions', help: RETENTION_HELP.partitions, className: `${WIDE} text-right` },
  { label: 'Since', help: RETENTION_HELP.since, className: WIDE },
  { label: 'Set by', className: WIDE },
];

/** Each table with the controller's environment variable that sets how long it is kept. */
const KEPT = [
  { table: 'sample', what: 'Every sample (1 s)', variable: 'FARSHORE_RETENTION_RAW', key: 'rawMs' },
  { table: 'sample_tier_10', what: '10 s: smallest, largest, last', variable: 'FARSHORE_RETENTION_10S', key: 'tier10Ms' },
  { table: 'sample_tier_60', what: '1 min: smallest, largest, last', variable: 'FARSHORE_RETENTION_1MIN', key: 'tier60Ms' },
  { table: 'sample_tier_600', what: '10 min: smallest, largest, last', variable: 'FARSHORE_RETENTION_10MIN', key: 'tier600Ms' },
] as const;

/** How long what was measured is kept, and how much that is. Read only: the controllers' environment decides. */
export function RetentionScreen({ health }: { health: OwnHealthAnswer }) {
  const { answer, stream, asOf } = usePolledPage('/api/settings/health', health, ASK_EVERY_MS);
  const nowMs = useServerNow(Date.parse(health.serverTime), stream.clockOffsetMs);
  const present = answer.controllers.filter((controller) => isPresent(controller, asOf(nowMs)));
  const leader = present.find((controller) => controller.leader) ?? null;
  const retention = leader?.report?.retention ?? null;
  const differs = present.some(({ report }) => report !== null && JSON.stringify(report.retention) !== JSON.stringify(retention));
  return (
    <>
      <SessionOver status={stream.status} returnTo="/settings/retention" />
      <Section
        title="Measured data"
        about="Finer tiers are kept for less time. Charts use the finest tier that covers their range; a maximum stays a maximum in every tier. Partitions are dropped whole."
      >
        <Table label="Retention of measured data">
          <TableHead columns={COLUMNS} />
          <tbody>
            {KEPT.map(({ table, what, variable, key }) => {
              const size: SampleTableSize | null = answer.database.tables.find((one) => one.table === table) ?? null;
              return (
                <tr key={table}>
                  <Cell>
                    {what}
                    <code className="block font-mono text-xs break-all text-muted md:hidden">{variable}</code>
                  </Cell>
                  <Cell>{retention === null ? <span className="text-unknown">unknown</span> : formatDuration(retention[key])}</Cell>
                  <Cell className="text-right">{formatBytes(size?.bytes ?? null)}</Cell>
                  <Cell className={`${WIDE} text-right`}>{formatCount(size?.rows ?? null)}</Cell>
                  <Cell className={`${WIDE} text-right`}>{formatCount(size?.partitions ?? null)}</Cell>
                  <Cell className={WIDE}>
                    {size?.oldest == null ? <span className="text-unknown">unknown</span> : <Instant at={size.oldest} />}
                  </Cell>
                  <Cell className={WIDE}>
                    <code className="font-mono text-xs">{variable}</code>
                  </Cell>
                </tr>
              );
            })}
          </tbody>
        </Table>
        <p className="px-5 py-4 text-[13px] text-muted">
          {retention === null
            ? 'The retention is unknown now: no controller leads. Next: check that a controller runs.'
            : 'To change it, set the variable in the environment of every controller (for example 12h, 14d or 3y) and restart them.'}
          {differs ? ' Controllers are configured differently: the leading one decides.' : ''}
        </p>
      </Section>
      <Section title="Everything else">
        <dl className="grid gap-x-8 gap-y-3 px-5 py-4 text-[13px] sm:grid-cols-2">
          {[
            ['Audit log', `${formatCount(answer.database.auditEvents)} events. Never deleted.`],
            ['Findings, RPO periods', 'Kept.'],
            ['Operations', 'With plan, events, approvals and artifacts: never deleted.'],
            [
              'Agents’ journals',
              'By month of receipt, two years. The hash of the last entry that was deleted stays, for the verification of what follows.',
            ],
            ['Plans that were not requested', '24 hours after they were last shown.'],
            ['Signed commands to agents', '90 days after their operation ended; results stay with it.'],
            ['Log of nodes (role, timeline, state)', 'Two years, at most 40 changes of a kind per node and hour.'],
            ['Last report of each node', 'One row per node, updated each second.'],
          ].map(([label, text]) => (
            <div key={label}>
              <dt className="text-xs text-muted">{label}</dt>
              <dd className="mt-0.5">{text}</dd>
            </div>
          ))}
        </dl>
      </Section>
    </>
  );
}
