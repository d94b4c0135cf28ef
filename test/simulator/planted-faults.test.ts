/** Faults that are planted in the rules: the simulator must find each of them. In a file of its own, for the second core. */
import { describe, expect, test } from 'vitest';
import { BUGS } from './bugs.ts';
import { STORIES, runOf } from './stories.ts';

/** A planted fault must show within so many runs. */
const FIND_WITHIN = 3_000;
const SUITE_TIMEOUT_MS = 600_000;

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
