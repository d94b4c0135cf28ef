/** Faults that are planted in the rules: the simulator must find each of them. In a file of its own, for the second core. */
import { describe, expect, test } from 'vitest';
import { IS_WHOLE } from '../extent.ts';
import { BUGS } from './bugs.ts';
import type { Bug } from './bugs.ts';
import { FOUND_BY } from './corpus.ts';
import { STORIES, runOf } from './stories.ts';
import type { Story } from './stories.ts';

/** A planted fault must show within so many runs. */
const FIND_WITHIN = 3_000;
const SUITE_TIMEOUT_MS = 600_000;

describe('a planted fault is found', () => {
  test.each(BUGS)('%s', { timeout: SUITE_TIMEOUT_MS }, (bug) => {
    const again = FOUND_BY[bug].some(({ story, seed }) => isShown(bug, storyNamed(story), seed));
    if (again && !IS_WHOLE) return;
    const found = search(bug);
    expect(found, `no run within ${FIND_WITHIN} showed the fault “${bug}”`).not.toBeNull();
    if (!again) console.log(`No run of corpus.ts shows “${bug}” any more. Put there: ${found}`);
  });
});

function storyNamed(name: string): Story {
  const story = STORIES.find((one) => one.name === name);
  if (story === undefined) throw new Error(`corpus.ts names a story that there is not: “${name}”.`);
  return story;
}

function search(bug: Bug): string | null {
  for (let seed = 1; seed * STORIES.length <= FIND_WITHIN; seed += 1) {
    for (const story of STORIES) {
      if (isShown(bug, story, seed)) return `{ story: '${story.name}', seed: ${seed} }`;
    }
  }
  return null;
}

function isShown(bug: Bug, story: Story, seed: number): boolean {
  try {
    return runOf(story, seed, bug).violations.length > 0;
  } catch {
    // A run that its own machine refuses is found as well.
    return true;
  }
}
