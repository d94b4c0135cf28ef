import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

const excluded = ['**/node_modules/**', '**/.next/**', '**/dist/**', '**/.farshore/**', 'e2e/**'];

/** They wait for minutes, of a disk that fills and of the controller away: begun last, they would run on alone at the end. */
const LONGEST = ['test/lab/incidents.lab.test.ts', 'test/lab/farshore-away.lab.test.ts', 'test/lab/operations.lab.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONGEST.some((file) => moduleId.endsWith(file));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...excluded, '**/*.integration.test.ts', '**/*.lab.test.ts'],
          testTimeout: 15_000,
          // By itself vitest leaves one core of two idle.
          maxWorkers: 2,
        },
        resolve: { alias: { '@': import.meta.dirname } },
      },
      {
        // Real PostgreSQL servers on loopback. Two files at a time: the project is built for two cores.
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude: excluded,
          testTimeout: 60_000,
          hookTimeout: 90_000,
          maxWorkers: 2,
        },
        resolve: { alias: { '@': import.meta.dirname } },
      },
      {
        // Each file has a fleet of its own, which waits more than it works: three at a time.
        test: {
          name: 'lab',
          include: ['test/lab/**/*.lab.test.ts'],
          exclude: excluded,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 3,
        },
        resolve: { alias: { '@': import.meta.dirname } },
      },
    ],
  },
});
