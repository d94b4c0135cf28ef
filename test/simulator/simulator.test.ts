/**
 * Thousands of operations in a world that fails: messages are lost, late, repeated and played again, processes die at every point,
 * servers die and come back. The domain, the rules of the agent and its admission are the real ones. A seed that fails is printed and
 * runs again alone: SIMULATOR_SEED=123 SIMULATOR_STORY="failover, ledger" npx vitest run --project unit test/simulator
 */
import { describe, expect, test } from 'vitest';
import type { OperationRequest } from '../../lib/domain/operation/model.ts';
import { BUGS } from './bugs.ts';
import type { Bug } from './bugs.ts';
import { chooserFor } from './choosing.ts';
import { planted } from './plant.ts';
import { ASYNC, SYNC, planFor } from './shapes.ts';
import { World } from './world.ts';
import type { ClusterShape, Weather } from './story.ts';
import type { Outcome } from './world.ts';

interface Story {
  name: string;
  shape: ClusterShape;
  request: OperationRequest;
  runs: number;
}

const STORIES: readonly Story[] = [
  { name: 'switchover, payments', shape: ASYNC, request: { kind: 'switchover', target: 'b' }, runs: 3_500 },
  { name: 'switchover to the cascading standby, payments', shape: ASYNC, request: { kind: 'switchover', target: 'c' }, runs: 1_500 },
  { name: 'switchover, ledger', shape: SYNC, request: { kind: 'switchover', target: 'b' }, runs: 1_500 },
  { name: 'failover, payments', shape: ASYNC, request: { kind: 'failover', target: null, fence: 'agent' }, runs: 2_000 },
  { name: 'failover by fence command, payments', shape: ASYNC, request: { kind: 'failover', target: 'd', fence: 'command' }, runs: 500 },
  { name: 'failover, ledger', shape: SYNC, request: { kind: 'failover', target: null, fence: 'agent' }, runs: 1_500 },
];
const SEED = process.env['SIMULATOR_SEED'];
const STORY = process.env['SIMULATOR_STORY'];
/** A planted fault must show within so many runs. */
const FIND_WITHIN = 3_000;
const SUITE_TIMEOUT_MS = 600_000;

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

function runOf({ name, shape, request }: Story, seed: number, bug: Bug | null): Outcome {
  const { plan, choose } = prepared.get(name)!;
  const weather = weatherOf(seed, request.kind === 'failover');
  return new World({ seed, shape, plan: planted(plan, bug), weather, bug, choose }).run();
}

describe('whatever fails', () => {
  test.each(STORIES)(
    '$name: one primary at most, no row lost unsaid, and a way out ($runs runs)',
    { timeout: SUITE_TIMEOUT_MS },
    (story) => {
      const seeds = SEED === undefined ? Array.from({ length: story.runs }, (_unused, index) => index + 1) : [Number(SEED)];
      const ends = new Map<string, number>();
      if (STORY !== undefined && STORY !== story.name) return;
      for (const seed of seeds) {
        const outcome = runOf(story, seed, null);
        ends.set(outcome.state, (ends.get(outcome.state) ?? 0) + 1);
        if (outcome.violations.length > 0) {
          const told = [`seed ${seed} of “${story.name}”:`, ...outcome.violations, '', ...outcome.steps].join('\n');
          expect.fail(told);
        }
      }
      // A simulator whose storms end everything in a rollback, or whose weather is too fair for one, would show nothing.
      if (SEED === undefined) {
        expect(ends.get('done') ?? 0).toBeGreaterThan(story.runs / 3);
        expect(seeds.length - (ends.get('done') ?? 0)).toBeGreaterThan(0);
      }
    },
  );
});

describe('a planted fault is found', () => {
  test.each(BUGS)('%s', { timeout: SUITE_TIMEOUT_MS }, (bug) => {
    let found: string | null = null;
    for (let seed = 1; found === null && seed * STORIES.length <= FIND_WITHIN; seed += 1) {
      for (const story of STORIES) {
        try {
          const { violations } = runOf(story, seed, bug);
          if (violations.length > 0) found = `seed ${seed} of “${story.name}”: ${violations.join('; ')}`;
        } catch (error) {
          // A run that its own machine refuses is found as well.
          found = `seed ${seed} of “${story.name}”: ${String(error)}`;
        }
        if (found !== null) break;
      }
    }
    expect(found, `no run within ${FIND_WITHIN} showed the fault “${bug}”`).not.toBeNull();
  });
});
