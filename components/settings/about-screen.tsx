'use client';
import { isYoungerThan } from '../../lib/domain/time/age.ts';
import Link from 'next/link';
import type { ListedController, OwnHealthAnswer, OwnOperations } from '../../lib/domain/own-health/model.ts';
import { formatAgo, formatElapsed } from '../../lib/domain/format/duration.ts';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { formatBytes, formatCount, formatPercent } from '../../lib/domain/format/quantity.ts';
import { useServerNow } from '../live/clock.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { usePolledPage } from '../live/polled-page.ts';
import { SessionOver } from '../live/session-over.tsx';
import { STATE } from '../operations/words.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { Badge } from '../ui/badge.tsx';
import { TableHead } from '../help/table-head.tsx';
import { HEALTH_HELP, RETENTION_HELP } from '../help/texts-settings.ts';
import { Cell, Table } from '../ui/table.tsx';
import { isPresent } from './controller-age.ts';
import { Fact, Facts, Section } from './section.tsx';

const ASK_EVERY_MS = 5_000;
/** Samples are stored every 0.2 s while any agent reports. */
const SAMPLE_OLD_MS = 5_000;
const VIEW_OLD_MS = 5_000;
const ROLL_UP_OLD_MS = 60_000;
const DISK_WARNING_FRACTION = 0.1;
const WIDE = 'max-md:hidden';
const COLUMNS = [
  { label: 'Controller' },
  { label: 'State', help: HEALTH_HELP.state },
  { label: 'Version', className: WIDE },
  { label: 'Running since', className: WIDE },
  { label: 'Samples', help: HEALTH_HELP.rate, className: 'text-right' },
  { label: 'Memory', help: HEALTH_HELP.memory, className: `${WIDE} text-right` },
  { label: 'Disk free', help: HEALTH_HELP.diskFree, className: `${WIDE} text-right` },
];

/** Farshore about itself. */
export function AboutScreen({ health }: { health: OwnHealthAnswer }) {
  const { answer, stream, asOf } = usePolledPage('/api/settings/health', health, ASK_EVERY_MS);
  const nowMs = useServerNow(Date.parse(health.serverTime), stream.clockOffsetMs);
  const present = answer.controllers.filter((controller) => isPresent(controller, asOf(nowMs)));
  const leader = present.find((controller) => controller.leader) ?? null;
  const rate = sum(present.map(({ report }) => report?.samplesPerSecond ?? null));
  const queued = sum(present.map(({ report }) => report?.queuedSamples ?? null));
  return (
    <>
      <SessionOver status={stream.status} returnTo="/settings/about" />
      <Section title="Farshore" action={<LiveIndicator stream={stream} computedAt={answer.serverTime} nowMs={nowMs} />}>
        <Facts>
          <Fact label="Version of the web application" help={HEALTH_HELP.version}>
            {answer.webVersion}
          </Fact>
          <Fact label="Leading controller" help={HEALTH_HELP.leader}>
            {leader === null ? <StateWord tone="bad" word="none: nothing is evaluated" /> : `${leader.host}, version ${leader.version}`}
          </Fact>
          <Fact label="Controllers running" help={HEALTH_HELP.controllers}>
            {formatCount(present.length)}
          </Fact>
          <Fact label="Samples received" help={HEALTH_HELP.rate}>
            {rate === null ? 'unknown' : `${formatCount(rate)} per second`}
          </Fact>
          <Fact label="Samples waiting to be stored" help={HEALTH_HELP.queued}>
            {formatCount(queued)}
          </Fact>
        </Facts>
      </Section>
      <Section title="Age of its own data" about="How far screens are behind the agents’ samples.">
        <Facts>
          <Fact label="Newest sample stored" help={HEALTH_HELP.newestSample}>
            <Age at={answer.newestSampleReceivedAt} nowMs={asOf(nowMs)} oldMs={SAMPLE_OLD_MS} never="no agent has reported" />
          </Fact>
          <Fact label="Newest evaluation" help={HEALTH_HELP.newestView}>
            <Age at={answer.newestViewComputedAt} nowMs={asOf(nowMs)} oldMs={VIEW_OLD_MS} never="nothing was evaluated" />
          </Fact>
          <Fact label="Rolled up into tiers" help={HEALTH_HELP.rolledUp}>
            <Age at={answer.rolledUpAt} nowMs={asOf(nowMs)} oldMs={ROLL_UP_OLD_MS} never="never" />
          </Fact>
        </Facts>
      </Section>
      <Operations operations={answer.operations} nowMs={asOf(nowMs)} />
      <Controllers controllers={answer.controllers} nowMs={asOf(nowMs)} />
      <Database database={answer.database} />
    </>
  );
}

function Operations({ operations, nowMs }: { operations: OwnOperations; nowMs: number }) {
  const { underWay, awaitingApproval, held, commandsWaiting, oldestCommandAt, lastEnded } = operations;
  const parts = [
    ...(awaitingApproval > 0 ? [`${formatCount(awaitingApproval)} waiting for approval`] : []),
    ...(held > 0 ? [`${formatCount(held)} held for a person`] : []),
  ];
  return (
    <Section title="Operations" about="Operations in progress, and commands that agents have not answered.">
      <Facts>
        <Fact label="In progress" help={HEALTH_HELP.operationsUnderWay}>
          {underWay === 0 ? (
            'none'
          ) : (
            <Link href="/operations?which=under-way" prefetch={false} className="text-accent hover:underline">
              {formatCount(underWay)}
            </Link>
          )}
          {parts.length === 0 ? null : <span className="font-normal text-muted">: {parts.join(', ')}</span>}
        </Fact>
        <Fact label="Commands waiting for agents" help={HEALTH_HELP.commandsWaiting}>
          {commandsWaiting === 0 ? 'none' : formatCount(commandsWaiting)}
          {oldestCommandAt === null ? null : (
            <span className="font-normal text-muted"> · the oldest for {formatElapsed(oldestCommandAt, nowMs)}</span>
          )}
        </Fact>
        <Fact label="Last ended" help={HEALTH_HELP.lastEnded}>
          {lastEnded === null ? (
            'none has ended yet'
          ) : (
            <>
              <Link href={`/operations/${lastEnded.id}`} prefetch={false} className="text-accent hover:underline">
                {kindOf(lastEnded.kind).words.name} of {lastEnded.cluster}
              </Link>{' '}
              <StateWord {...STATE[lastEnded.state]} />
              <span className="block text-xs font-normal text-muted">
                <Instant at={lastEnded.endedAt} />
              </span>
            </>
          )}
        </Fact>
      </Facts>
    </Section>
  );
}

function Age(props: { at: string | null; nowMs: number; oldMs: number; never: string }) {
  if (props.at === null) return <StateWord tone="unknown" word={props.never} />;
  const { at, nowMs, oldMs } = props;
  const words = isYoungerThan(at, 999, nowMs) ? '<1 s ago' : formatAgo(at, nowMs);
  return <StateWord tone={isYoungerThan(at, oldMs, nowMs) ? 'good' : 'warn'} word={words} />;
}

function Controllers({ controllers, nowMs }: { controllers: readonly ListedController[]; nowMs: number }) {
  return (
    <Section
      title="Controllers"
      about="One leads and evaluates; the others receive samples and can take over. A controller that stopped without notice is listed for an hour."
    >
      {controllers.length === 0 ? (
        <p className="px-5 py-4">
          <StateWord tone="bad" word="No controller runs" />{' '}
          <span className="text-muted">Start one: npm start. Agents keep their samples until then.</span>
        </p>
      ) : (
        <Table label="Controllers">
          <TableHead columns={COLUMNS} />
          <tbody>
            {controllers.map((controller) => (
              <ControllerRow key={controller.id} controller={controller} nowMs={nowMs} />
            ))}
          </tbody>
        </Table>
      )}
    </Section>
  );
}

function ControllerRow({ controller, nowMs }: { controller: ListedController; nowMs: number }) {
  const present = isPresent(controller, nowMs);
  const report = present ? controller.report : null;
  const state = stateOf(controller, present, nowMs);
  const unknown = <span className="text-unknown">unknown</span>;
  const disk = report?.disk ?? null;
  const isLow = disk !== null && disk.freeBytes / disk.sizeBytes < DISK_WARNING_FRACTION;
  return (
    <tr>
      <Cell>
        <span className="name font-medium">{controller.host}</span> {controller.leader && present ? <Badge tone="info">leads</Badge> : null}
        <span className="block font-mono text-xs text-muted">process {controller.id.slice(0, 8)}</span>
      </Cell>
      <Cell>
        <StateWord tone={state.tone} word={state.word} />
        {(report?.problems ?? []).map((problem) => (
          <span key={problem} className="name block text-xs text-muted">
            {problem}
          </span>
        ))}
      </Cell>
      <Cell className={WIDE}>{controller.version}</Cell>
      <Cell className={WIDE}>
        <Instant at={controller.startedAt} />
      </Cell>
      <Cell className="text-right">
        {report === null ? unknown : `${formatCount(report.samplesPerSecond)}/s`}
        {report !== null && report.droppedSamples > 0 ? (
          <span className="block text-xs text-warn">{formatCount(report.droppedSamples)} refused as too old</span>
        ) : null}
      </Cell>
      <Cell className={`${WIDE} text-right`}>{report === null ? unknown : formatBytes(report.residentBytes)}</Cell>
      <Cell className={`${WIDE} text-right`}>
        {disk === null ? (
          unknown
        ) : (
          <>
            <span className={isLow ? 'font-medium text-warn' : undefined}>
              {isLow ? 'low: ' : ''}
              {formatBytes(disk.freeBytes)}
            </span>
            <span className="block text-xs text-muted">
              {formatPercent(disk.freeBytes / disk.sizeBytes)} of {formatBytes(disk.sizeBytes)}
              {report?.privateDatabase === true ? ', with the control database' : ''}
            </span>
          </>
        )}
      </Cell>
    </tr>
  );
}

function stateOf({ heartbeatAt, report }: ListedController, present: boolean, nowMs: number): { tone: StateTone; word: string } {
  if (!present) return { tone: 'unknown', word: `silent for ${formatElapsed(heartbeatAt, nowMs)}` };
  if (report === null) return { tone: 'unknown', word: 'running, no report' };
  return report.problems.length === 0 ? { tone: 'good', word: 'running' } : { tone: 'warn', word: 'degraded' };
}

function Database({ database }: { database: OwnHealthAnswer['database'] }) {
  const measured = database.tables.reduce((bytes, table) => bytes + table.bytes, 0);
  return (
    <Section title="Control database">
      <Facts>
        <Fact label="Size" help={HEALTH_HELP.databaseSize}>
          {formatBytes(database.bytes)}
        </Fact>
        <Fact label="Of that, samples" help={RETENTION_HELP.holds}>
          {formatBytes(measured)} in {formatCount(sum(database.tables.map(({ partitions }) => partitions)))} partitions
        </Fact>
        <Fact label="PostgreSQL">{database.serverVersion}</Fact>
        <Fact label="Connections" help={HEALTH_HELP.connections}>
          {formatCount(database.connections.used)} of {formatCount(database.connections.limit)}
        </Fact>
        <Fact label="Audit events" help={HEALTH_HELP.auditEvents}>
          {formatCount(database.auditEvents)}
        </Fact>
        <Fact label="Largest other tables" help={HEALTH_HELP.otherTables}>
          {database.others
            .slice(0, 4)
            .map(({ table, bytes }) => `${table} ${formatBytes(bytes)}`)
            .join(', ')}
        </Fact>
      </Facts>
    </Section>
  );
}

/** `null` when nothing of it is known. */
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}
