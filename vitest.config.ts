import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';
import { ensurePatience, labsAtOnce, lastResort, patient } from './setup/patience.ts';
import { ONLY_WAITS } from './test/invariant.ts';

const excluded = ['**/node_modules/**', '**/.next/**', '**/dist/**', '**/.farshore/**', 'e2e/**'];

/** Each takes minutes, and begun last would run on alone at the end. */
const LONGEST = [
  'test/simulator/switchovers.test.ts',
  'test/simulator/failures.test.ts',
  'test/simulator/planted-faults.test.ts',
  'test/lab/incidents.lab.test.ts',
  'test/lab/farshore-away.lab.test.ts',
  'test/lab/operations.lab.test.ts',
  'test/lab/matrix.lab.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return index < 0 ? LONGEST.length : index;
    };
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

await ensurePatience();

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...excluded, '**/*.integration.test.ts', '**/*.lab.test.ts'],
          testTimeout: patient(15_000),
          // By default vitest leaves one core of two idle.
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
          testTimeout: lastResort(60_000),
          hookTimeout: lastResort(90_000),
          maxWorkers: 2,
        },
        resolve: { alias: { '@': import.meta.dirname } },
      },
      {
        // Each file has a fleet of its own, which waits more than it works. The second attempt: docs/decisions/0018.
        test: {
          name: 'lab',
          include: ['test/lab/**/*.lab.test.ts'],
          exclude: excluded,
          testTimeout: lastResort(120_000),
          hookTimeout: lastResort(180_000),
          maxWorkers: labsAtOnce(),
          retry: { count: 1, condition: ONLY_WAITS },
          setupFiles: ['test/lab/keep-logs.ts'],
        },
        resolve: { alias: { '@': import.meta.dirname } },
      },
    ],
  },
});
