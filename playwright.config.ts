import { defineConfig } from '@playwright/test';
import { chromiumPath } from './e2e/fixtures/chromium.ts';
import { ensurePatience, lastResort, patient } from './setup/patience.ts';

/** These have a control database and a web process of their own, and run beside the others. */
const ON_THEIR_OWN = '**/hard-states.spec.ts';

await ensurePatience();

/** Stories run one after another: they share one lab, and they break it. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: '.test-output/playwright',
  globalSetup: './e2e/fixtures/demo.ts',
  workers: 2,
  projects: [
    { name: 'on-their-own', testMatch: ON_THEIR_OWN, workers: 1 },
    { name: 'lab', testIgnore: ON_THEIR_OWN, workers: 1 },
  ],
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
    trace: 'retain-on-failure',
  },
});
