/** The operations that are simulated, each with its seeds, and what a seed makes of one. */
import type { OperationRequest } from '../../lib/domain/operation/model.ts';
import type { Bug } from './bugs.ts';
import { chooserFor } from './choosing.ts';
import { planted } from './plant.ts';
import { ASYNC, REVERTING, SYNC, planFor } from './shapes.ts';
import type { ClusterShape, Weather } from './story.ts';
import { World } from './world.ts';
import type { Outcome } from './world.ts';

export interface Story {
  name: string;
  shape: ClusterShape;
  request: OperationRequest;
  /** In full; a run of `npm test` takes its share of OF_A_TURN. */
  runs: number;
}

/** All stories together, in a run of `npm test`. */
const OF_A_TURN = 2_000;

export const STORIES: readonly Story[] = [
  { name: 'switchover, payments', shape: ASYNC, request: { kind: 'switchover', target: 'b' }, runs: 3_500 },
  { name: 'switchover to the cascading standby, payments', shape: ASYNC, request: { kind: 'switchover', target: 'c' }, runs: 1_500 },
  { name: 'switchover, ledger', shape: SYNC, request: { kind: 'switchover', target: 'b' }, runs: 1_500 },
  { name: 'failover, payments', shape: ASYNC, request: { kind: 'failover', target: null, fence: 'agent' }, runs: 2_000 },
  { name: 'failover by fence command, payments', shape: ASYNC, request: { kind: 'failover', target: 'd', fence: 'command' }, runs: 500 },
  { name: 'failover, ledger', shape: SYNC, request: { kind: 'failover', target: null, fence: 'agent' }, runs: 1_500 },
  {
    name: 'reversion, payments',
    shape: REVERTING,
    request: { kind: 'reversion', target: 'a', method: 'rewind', switchBack: false },
    runs: 1_000,
  },
];

const ALL_RUNS = STORIES.reduce((sum, { runs }) => sum + runs, 0);

/** In full always the same; else others with each turn. */
export function seedsOf({ runs }: Story, isWhole: boolean, turn: number): number[] {
  const count = isWhole ? runs : Math.ceil((runs * OF_A_TURN) / ALL_RUNS);
  const first = isWhole ? 1 : turn * count + 1;
  return Array.from({ length: count }, (_unused, index) => first + index);
}

/** The weather follows from the seed too: some runs are calm, most are not. */
function weatherOf(seed: number, isFailover: boolean): Weather {
  return {
    lose: 0.08,
    repeat: 0.08,
    delayMaxMs: 2_500,
    crashPoint: seed % 7 === 0 ? 0 : 0.03,
    crashesMax: 4,
    primaryDies: isFailover && seed % 2 === 0,
    linkCut: seed % 3 === 0,
    cancels: seed % 5 === 0,
    hostReturns: isFailover && seed % 4 < 2,
  };
}

const prepared = new Map(
  STORIES.map((story) => [story.name, { plan: planFor(story.shape, story.request), choose: chooserFor(story.shape) }] as const),
);

export function runOf({ name, shape, request }: Story, seed: number, bug: Bug | null): Outcome {
  const { plan, choose } = prepared.get(name)!;
  const weather = weatherOf(seed, request.kind === 'failover');
  return new World({ seed, shape, plan: planted(plan, bug), weather, bug, choose }).run();
}
