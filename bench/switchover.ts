/**
 * How long clients wait in a planned switchover: `npm run bench:switchover -- --runs 10 --mode both`. A prober commits a row every 10 ms; the
 * figure is the longest time between two acknowledged commits. The floor is a hand-written script on the same servers in the same run.
 */
import { Alternation, filesText, floorOf, parseBenchOptions, seenBy, withBenchLab } from './operations-lab.ts';
import type { BenchLab, Mode, Seen } from './operations-lab.ts';
import { printRows, spreadOf } from './spread.ts';
import type { BenchRow } from './spread.ts';
import { spansOf, stepRows } from './step-spans.ts';
import type { StepSpan } from './step-spans.ts';

const GOAL_GAP_MS: Record<Mode, number> = { direct: 250, pooler: 200 };
const GOAL_REJOIN_MS = 2_000;
const STALL_MS = 4_000;

interface Figures {
  seen: Seen[];
  /** Longest gaps that ended before clients were paused, or began after: the machine's, and in the figures all the same. */
  elsewhere: number;
  rejoinMs: number[];
  rewinds: number;
  /** The product's own figure of the outage. */
  saidMs: number[];
  /** Of the steps during which clients wait, since the last commit before the gap. */
  steps: StepSpan[][];
  /** From the end of the last of them to the first commit after the gap: what the client's own way costs. */
  tailMs: number[];
}
const noFigures = (): Figures => ({ seen: [], elsewhere: 0, rejoinMs: [], rewinds: 0, saidMs: [], steps: [], tailMs: [] });

const options = parseBenchOptions({ cluster: 'payments', nodes: ['aws-use1-a', 'aws-use1-b'] });
const floors = new Map<Mode, Figures>();
const products = new Map<Mode, Figures>();

async function measureFarshore({ lab, operator }: BenchLab, mode: Mode): Promise<Figures> {
  const figures = noFigures();
  const pair = new Alternation(options.nodes);
  const prober = await lab.startProber(options.cluster, { via: mode, nodes: options.nodes });
  try {
    for (let each = 0; each < options.runs || pair.primary !== options.nodes[0]; each += 1) {
      const planned = await operator.planUntilPossible(options.cluster, { kind: 'switchover', target: pair.other });
      const { seen, value } = await seenBy(lab, prober, pair.other, () => operator.runPlanned(options.cluster, planned));
      figures.seen.push(seen);
      figures.rewinds += value.measured?.rewinds ?? 0;
      if (value.measured?.writeOutageMs != null) figures.saidMs.push(value.measured.writeOutageMs);
      if (seen.gapEndedAtMs !== null) {
        const spans = spansOf(value, [pair.primary, pair.other], seen.gapEndedAtMs - seen.gapMs, 'critical');
        figures.steps.push(spans);
        const [beganMs, doneMs] = [Math.min(...spans.map((span) => span.beganMs)), Math.max(...spans.map((span) => span.doneMs))];
        if (beganMs > seen.gapMs || doneMs < 0) figures.elsewhere += 1;
        figures.tailMs.push(seen.gapMs - Math.max(...spans.map(({ doneMs }) => doneMs)));
      }
      const rejoinMs = rejoinOf(value.events, pair.primary);
      if (rejoinMs !== null) figures.rejoinMs.push(rejoinMs);
      if (options.verbose)
        console.error(`farshore ${mode} ${pair.primary} → ${pair.other}: ${seen.gapMs.toFixed(0)} ms, ${seen.errors} errors`);
      pair.swap();
    }
  } finally {
    await prober.stop();
  }
  return figures;
}

/** From the start of the old primary as standby until it was observed to stream. */
function rejoinOf(events: readonly { at: Date; event: { kind: string; step?: string } }[], old: string): number | null {
  const started = events.find(({ event }) => event.kind === 'step-started' && event.step?.startsWith('start-standby'));
  const streams = events.findLast(({ event }) => event.kind === 'step-done' && event.step?.includes(old) && event.step.includes('stream'));
  return started === undefined || streams === undefined ? null : streams.at.getTime() - started.at.getTime();
}

function rowsOf(mode: Mode, who: string, figures: Figures | undefined, goalMs: number | null): BenchRow[] {
  if (figures === undefined) return [];
  const gaps = spreadOf(figures.seen.map(({ gapMs }) => gapMs));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const errors = sum(figures.seen.map((seen) => seen.errors));
  const lost = sum(figures.seen.map((seen) => seen.lost));
  const stalls = figures.seen.filter(({ gapMs }) => gapMs >= STALL_MS).length;
  const clean = lost === 0 && figures.rewinds === 0 && (mode === 'direct' || errors === 0);
  const rejoin = spreadOf(figures.rejoinMs);
  return [
    {
      what: `${who}, ${mode}: write gap`,
      spread: gaps,
      goal: goalMs === null ? '' : `≤ ${goalMs}`,
      reached: goalMs === null || gaps === null ? null : gaps.p95 <= goalMs && clean,
      note: `${errors} client errors, ${lost} rows lost, ${figures.rewinds} rewinds, ${stalls} stalls${figures.elsewhere > 0 ? `; longest gap not in the switch: ${figures.elsewhere}` : ''}`,
    },
    ...(figures.saidMs.length > 0
      ? [
          {
            what: `${who}, ${mode}: outage as it says itself`,
            spread: spreadOf(figures.saidMs),
            goal: '',
            reached: null,
            note: 'by its journal',
          },
        ]
      : []),
    {
      what: `${who}, ${mode}: old primary streams again`,
      spread: rejoin,
      goal: goalMs === null ? '' : `≤ ${GOAL_REJOIN_MS}`,
      reached: rejoin === null ? null : rejoin.p95 <= GOAL_REJOIN_MS,
      note: '',
    },
    ...(figures.steps.length > 0 ? stepRows(figures.steps) : []),
    ...(figures.tailMs.length > 0
      ? [
          {
            what: '  until a client’s commit came back',
            spread: spreadOf(figures.tailMs),
            goal: '',
            reached: null,
            note: 'after the last of them; negative: before it was known to be done',
          },
        ]
      : []),
  ];
}

await withBenchLab(
  options,
  async (lab) => {
    for (const mode of options.modes) {
      const figures = noFigures();
      floors.set(mode, figures);
      await floorOf(lab, options, mode, async (floor, prober, pair) => {
        const { seen, value } = await seenBy(lab, prober, pair.other, () => floor.switchover(pair.primary, pair.other));
        figures.seen.push(seen);
        figures.rejoinMs.push(value.rejoinMs);
        if (options.verbose)
          console.error(`floor ${mode} ${pair.primary} → ${pair.other}: ${seen.gapMs.toFixed(0)} ms ${phasesText(value.phases)}`);
      });
    }
  },
  async (watched) => {
    for (const mode of options.modes) products.set(mode, await measureFarshore(watched, mode));
  },
);

function phasesText(phases: Record<string, number>): string {
  return Object.entries(phases)
    .map(([name, ms]) => `${name} ${ms.toFixed(0)}`)
    .join(', ');
}

printRows(
  `Switchover ${options.nodes.join(' ⇄ ')}, ${options.tps} transfers/s beside the prober, ${filesText(options)}`,
  options.modes.flatMap((mode) => [
    ...rowsOf(mode, 'hand-written', floors.get(mode), null),
    ...rowsOf(mode, 'Farshore', products.get(mode), GOAL_GAP_MS[mode]),
  ]),
);
