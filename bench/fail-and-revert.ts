/** One round of failover and reversion, which the benches of both share: the primary's processes are killed, another takes over, it comes back. */
import type { Lab } from '../lab/lab.ts';
import type { OperationResult } from '../lab/operator.ts';
import type { ProberProcess } from '../lab/prober-process.ts';
import type { RejoinMethod } from '../lib/domain/operation/model.ts';
import type { Floor } from './floor.ts';
import { Alternation, floorOf, seenBy, withBenchLab } from './operations-lab.ts';
import type { BenchLab, BenchOptions, Mode, Seen } from './operations-lab.ts';
import { spansOf } from './step-spans.ts';
import type { StepSpan } from './step-spans.ts';

const POSTGRES_BIN = '/usr/lib/postgresql/15/bin';

export interface Round {
  seen: Seen;
  /** From the click (the script: from the decision) to the first acknowledged write; `null` = none was acknowledged. */
  untilWriteMs: number | null;
  /** Until the old primary streamed again, and until the whole operation had ended. */
  rejoinMs: number | null;
  reversionMs: number | null;
  /** Of the reversion, in the order of its plan. Empty for the script. */
  steps: StepSpan[];
  /** Rows that the result of the failover or of the reversion lists as lost; `null` = it does not say. */
  saidLost: number | null;
}

export type Rounds = Map<string, Round[]>;
export const roundsOf = (rounds: Rounds, who: 'floor' | 'farshore', mode: Mode): Round[] => rounds.get(`${who} ${mode}`) ?? [];

export async function measureRounds(options: BenchOptions, method: RejoinMethod, prepare: (lab: Lab) => Promise<void>): Promise<Rounds> {
  const rounds: Rounds = new Map();
  const keep = (who: 'floor' | 'farshore', mode: Mode, round: Round): void => {
    rounds.set(`${who} ${mode}`, [...roundsOf(rounds, who, mode), round]);
    if (!options.verbose) return;
    const { seen, untilWriteMs, rejoinMs, reversionMs } = round;
    const figures = [seen.gapMs, untilWriteMs, rejoinMs, reversionMs].map((value) => value?.toFixed(0) ?? '–');
    console.error(
      `${who} ${mode}: gap ${figures[0]}, until write ${figures[1]}, rejoin ${figures[2]}, reversion ${figures[3]} ms, lost ${seen.lost}`,
    );
  };
  await withBenchLab(
    options,
    async (lab) => {
      await prepare(lab);
      for (const mode of options.modes) {
        await floorOf(lab, options, mode, async (floor, prober, pair) => keep('floor', mode, await floorRound(lab, floor, prober, pair)));
      }
    },
    async (watched) => {
      if (!options.floor) await prepare(watched.lab);
      for (const mode of options.modes) {
        const pair = new Alternation(options.nodes);
        const prober = await watched.lab.startProber(options.cluster, { via: mode, nodes: options.nodes });
        try {
          for (let each = 0; each < options.runs || pair.primary !== options.nodes[0]; each += 1) {
            keep('farshore', mode, await farshoreRound(watched, options.cluster, prober, pair, method));
            pair.swap();
          }
        } finally {
          await prober.stop();
        }
      }
    },
  );
  return rounds;
}

async function floorRound(lab: Lab, floor: Floor, prober: ProberProcess, { primary, other }: Alternation): Promise<Round> {
  const { seen, value } = await seenBy(lab, prober, other, () => floor.failover(primary, other));
  const { tookMs } = await floor.rewind(primary, other, POSTGRES_BIN);
  await floor.leaveOldLinesBehind(other, primary);
  const untilWriteMs = seen.gapEndedAtMs === null ? null : seen.gapEndedAtMs - value.decidedAtMs;
  return { seen, untilWriteMs, rejoinMs: tookMs, reversionMs: tookMs, steps: [], saidLost: null };
}

async function farshoreRound(
  { lab, operator }: BenchLab,
  cluster: string,
  prober: ProberProcess,
  { primary, other }: Alternation,
  method: RejoinMethod,
): Promise<Round> {
  // Everybody streams, so that what follows is one fault and not two.
  await operator.planUntilPossible(cluster, { kind: 'switchover', target: other });
  const { seen, value: failover } = await seenBy(lab, prober, other, async () => {
    await lab.kill(primary, 'postgres');
    const planned = await operator.planUntilPossible(cluster, { kind: 'failover', target: other, fence: 'agent' });
    return operator.runPlanned(cluster, planned);
  });
  const untilWriteMs = seen.gapEndedAtMs === null ? null : seen.gapEndedAtMs - failover.requestedAtMs;
  const reversion = await operator.run(cluster, { kind: 'reversion', target: primary, method, switchBack: false });
  const saidLost = reversion.measured?.lostRows ?? failover.measured?.lostRows ?? null;
  const steps = spansOf(reversion, [primary, other], reversion.requestedAtMs);
  return { seen, untilWriteMs, rejoinMs: untilStreaming(reversion), reversionMs: endOf(reversion), steps, saidLost };
}

function untilStreaming({ events, requestedAtMs }: OperationResult): number | null {
  const streams = events.find(({ event }) => event.kind === 'step-done' && event.step.includes('stream'));
  return streams === undefined ? null : streams.at.getTime() - requestedAtMs;
}

function endOf({ events, requestedAtMs }: OperationResult): number | null {
  const ended = events.find(({ event }) => event.kind === 'ended');
  return ended === undefined ? null : ended.at.getTime() - requestedAtMs;
}
