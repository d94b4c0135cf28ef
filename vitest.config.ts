import { defineConfig } from 'vitest/config';

const excluded = ['**/node_modules/**', '**/.next/**', '**/dist/**', '**/.farshore/**', 'e2e/**'];

export default defineConfig({
  test: {
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
