/**
 * Thousands of operations in a world that fails: messages are lost, late, repeated and played again, processes die at every point,
 * servers die and come back. The domain, the rules of the agent and its admission are the real ones. A seed that fails is printed and
 * runs again alone: SIMULATOR_SEED=123 SIMULATOR_STORY="failover, ledger" npx vitest run --project unit test/simulator
 */
import { describe, expect, test } from 'vitest';
import { IS_WHOLE, TURN } from '../extent.ts';
import { STORIES, runOf, seedsOf } from './stories.ts';
import type { Story } from './stories.ts';

const SEED = process.env['SIMULATOR_SEED'];
const STORY = process.env['SIMULATOR_STORY'];
const SUITE_TIMEOUT_MS = 600_000;

/** Registers the tests of the stories that `isMeant` names: in two files, so that both cores have one. */
export function simulate(isMeant: (story: Story) => boolean): void {
  describe('whatever fails', () => {
    test.each(STORIES.filter(isMeant))(
      '$name: one primary at most, no row lost unsaid, and a way out',
      { timeout: SUITE_TIMEOUT_MS },
      (story) => {
        const seeds = SEED === undefined ? seedsOf(story, IS_WHOLE, TURN) : [Number(SEED)];
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
          expect(ends.get('done') ?? 0).toBeGreaterThan(seeds.length / 3);
          expect(seeds.length - (ends.get('done') ?? 0)).toBeGreaterThan(0);
        }
      },
    );
  });
}
