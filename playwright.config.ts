import { defineConfig } from '@playwright/test';
import { chromiumPath } from './e2e/fixtures/chromium.ts';
import { ensurePatience, lastResort, patient } from './setup/patience.ts';

await ensurePatience();

/**
 * Stories of one lab run one after another: they share it, and they break it. `stored` has none, but a control database and a web process
 * of its own, built or recorded. Three at a time, as on the lab: each waits more than it works.
 */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: '.test-output/playwright',
  globalSetup: './e2e/fixtures/set-up.ts',
  workers: 3,
  projects: ['changes', 'faults', 'stored'].map((name) => ({ name, testDir: `e2e/${name}`, workers: 1 })),
  fullyParallel: false,
  forbidOnly: Boolean(process.env['CI']),
  // docs/decisions/0018
  retries: 1,
  timeout: lastResort(90_000),
  expect: { timeout: patient(15_000) },
  use: {
    // An element that can't be clicked or filled in by then fails with its own name, and not by the time of the whole story.
    actionTimeout: patient(20_000),
    navigationTimeout: patient(30_000),
    launchOptions: {
      executablePath: chromiumPath(),
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
    },
    screenshot: 'only-on-failure',
    // Of every attempt it would slow three browsers on two cores; a failure has its picture and its page anyway.
    trace: 'on-first-retry',
  },
});
