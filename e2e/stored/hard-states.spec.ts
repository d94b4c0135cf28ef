/** Whatever may be wrong, the page says what is known, since when, and what to do. On a control database of its own; needs no demo. */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/attempts.ts';
import { ACCOUNT, LONG_NAME, LONG_NODE, RTL_NAME, startHardFleet } from '../fixtures/hard-fleet.ts';
import type { HardFleet } from '../fixtures/hard-fleet.ts';
import { expectAccessible, expectNoSidewaysScroll } from '../fixtures/operator.ts';
import { lastResort, patient } from '../../setup/patience.ts';

const START_DEADLINE_MS = 120_000;
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };
let fleet: HardFleet;

test.beforeAll(async () => {
  test.setTimeout(lastResort(START_DEADLINE_MS));
  fleet = await startHardFleet();
});
test.afterAll(async () => fleet?.stop());
test.beforeEach(async ({ page }) => {
  await page.goto(`${fleet.url}/sign-in`);
  await page.getByLabel('Email').fill(ACCOUNT.email);
  await page.getByLabel('Password').fill(ACCOUNT.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in');
});

const sentence = (page: Page) => page.getByRole('main').locator('header p').first();

/** At the width of a desk and of a phone: nothing runs out of the page, and axe finds nothing grave. */
async function expectSound(page: Page): Promise<void> {
  for (const size of [DESK, PHONE]) {
    await page.setViewportSize(size);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  }
  await page.setViewportSize(DESK);
}

async function openCluster(page: Page, slug: string, rest = ''): Promise<void> {
  await fleet.fill();
  await page.goto(`${fleet.url}/clusters/${slug}${rest}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

test('an empty fleet leads to its first cluster', async ({ page }) => {
  await page.goto(fleet.url);
  await expect(page.getByRole('heading', { level: 1, name: 'No cluster yet' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Register the first cluster' })).toBeVisible();
  await expectSound(page);
  for (const path of ['/findings', '/operations']) {
    await page.goto(fleet.url + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectNoSidewaysScroll(page);
  }
});

test('one node', async ({ page }) => {
  await openCluster(page, 'one-node');
  await expect(sentence(page)).toContainText('alone');
  await expect(page.getByRole('button', { name: /^alone, primary, writable/ })).toBeVisible();
  await expectSound(page);
});

test('no primary', async ({ page }) => {
  await openCluster(page, 'no-primary');
  await expect(sentence(page)).toContainText(/primary/i);
  await expect(page.getByText('no node is seen as primary')).toBeVisible();
  await expectSound(page);
});

test('two primaries', async ({ page }) => {
  await openCluster(page, 'two-primaries');
  await expect(page.getByRole('button', { name: /^first, primary/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^second, primary/ })).toBeVisible();
  await expect(sentence(page)).toContainText(/two|both|2/i);
  await expectSound(page);
});

test('a circle of upstreams', async ({ page }) => {
  await openCluster(page, 'circle');
  await expect(page.getByRole('button', { name: /^ring-a, standby/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^ring-b, standby/ })).toBeVisible();
  await expectSound(page);
});

test('agents silent for a day: since when, and nothing called known', async ({ page }) => {
  await openCluster(page, 'silent');
  await expect(page.getByText(/seen 1 d/).first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Topology' }).getByText('streaming')).toHaveCount(0);
  await expectSound(page);
});

test('long names and names from right to left fit everywhere', async ({ page }) => {
  test.setTimeout(lastResort(START_DEADLINE_MS));
  for (const [slug, node] of [
    ['long-names', `${LONG_NODE}-1`],
    ['rtl-names', 'rtl-a'],
  ] as const) {
    for (const rest of ['', `/nodes/${encodeURIComponent(node)}`, '/slots', '/archive', '/nodes', '/operations']) {
      await openCluster(page, slug, rest);
      for (const size of [DESK, PHONE]) {
        await page.setViewportSize(size);
        await expectNoSidewaysScroll(page);
      }
    }
  }
  await page.goto(fleet.url);
  await expect(page.getByRole('link', { name: LONG_NAME })).toBeVisible();
  await expect(page.getByRole('link', { name: RTL_NAME })).toBeVisible();
  await expectSound(page);
  await page.goto(`${fleet.url}/findings`);
  await expectSound(page);
});

test('a chart of a time without data says so', async ({ page }) => {
  await openCluster(page, 'one-node', '/nodes/alone');
  await expect(page.getByText(/No data for this period/).first()).toBeVisible();
});

test('the stream is cut, and comes back', async ({ page }) => {
  await openCluster(page, 'one-node');
  await expect(page.locator('[data-live="good"]')).toBeVisible();
  // A web process that hangs: the connection stands, and nothing comes over it any more.
  process.kill(fleet.webPid, 'SIGSTOP');
  try {
    await expect(page.getByText(/Reconnecting to Farshore…/)).toBeVisible({ timeout: patient(40_000) });
    await expect(page.getByRole('button', { name: /^alone, primary/ })).toBeVisible();
  } finally {
    process.kill(fleet.webPid, 'SIGCONT');
  }
  await expect(page.locator('[data-live="good"]')).toBeVisible({ timeout: patient(30_000) });
});

test('the session ends while a page is open', async ({ page }) => {
  await openCluster(page, 'one-node');
  await expect(page.locator('[data-live="good"]')).toBeVisible();
  await fleet.database.owner.query('UPDATE user_session SET revoked_at = now() WHERE revoked_at IS NULL');
  await expect(page.getByText('Your session has ended.')).toBeVisible({ timeout: patient(40_000) });
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(page.getByLabel('Password')).toBeVisible();
});

test('the control database goes away: an open page keeps what it knows, a new one says what to do', async ({ page }) => {
  await openCluster(page, 'one-node');
  await expect(page.locator('[data-live="good"]')).toBeVisible();
  await fleet.database.server.halt('immediate');
  try {
    await expect(page.locator('[data-live="bad"]')).toContainText(/does not answer|has not reported since/, { timeout: patient(40_000) });
    await expect(page.getByRole('button', { name: /^alone, primary/ })).toBeVisible();
    await expectAccessible(page);
    const fresh = await page.context().newPage();
    await fresh.goto(`${fleet.url}/clusters/one-node`);
    await expect(fresh.getByRole('heading', { name: 'The control database does not answer' })).toBeVisible();
    await expect(fresh.getByText(/Next: check that the control database/)).toBeVisible();
    await expectNoSidewaysScroll(fresh);
    await fresh.close();
  } finally {
    await fleet.database.server.start();
  }
  await expect(page.locator('[data-live="good"]')).toBeVisible({ timeout: patient(30_000) });
});
