/** A DBA opens a node: figures, charts over time, settings with the lines that mend them, access, and what it did before. */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/attempts.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';
import { collectConsoleErrors, expectAccessible, expectNoSidewaysScroll, signIn } from '../fixtures/operator.ts';

const PAGE = '/clusters/payments/nodes/aws-use1-b';
const chart = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const drawing = (page: Page, name: string) => chart(page, name).locator('.recharts-surface').first();

test('from the topology to the node: who it is, how far behind, and how it came there', async ({ page }) => {
  const errors = collectConsoleErrors(page);
  await signIn(page, 'operator', readRecorded());
  await page.goto(`${readRecorded().url}/clusters/payments`);
  await page.getByRole('button', { name: /^aws-use1-b, standby/ }).click();
  await page.getByRole('link', { name: 'Charts, settings and history' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'aws-use1-b' })).toBeVisible();
  await expect(page.getByText(/^standby, streams from aws-use1-a · AWS us-east-1/)).toBeVisible();
  await expect(page.getByText(/^live/)).toBeVisible();

  for (const name of ['Lag in time', 'Lag in WAL', 'WAL rate', 'Connections', 'Data disk free', 'WAL held by slots'])
    await expect(drawing(page, name)).toBeVisible();
  await expect(chart(page, 'Commit latency')).toContainText(/Only a primary can commit\.\s*Data of this node exists since/);
  await chart(page, 'Lag in time').getByText('As a table').click();
  await expect(page.getByRole('table').first().getByRole('columnheader', { name: 'lag, lowest to highest' })).toBeVisible();

  const streams = page.getByRole('region', { name: 'Streams and certificates' });
  await expect(streams.getByText('TLS 1.3').first()).toBeVisible();
  await expect(streams.getByText('PostgreSQL server')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Access: pg_hba.conf' }).getByText('scram-sha-256').first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Parity with the primary' })).toContainText(/the same as on aws-use1-a/);
  await expect(page.getByRole('region', { name: 'Log of changes' })).toContainText('Role: standby');
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test('the settings check says what to run, and each setting can be seen', async ({ page }) => {
  await signIn(page, 'operator', readRecorded());
  await page.goto(readRecorded().url + PAGE);
  const settings = page.getByRole('region', { name: 'Settings check' });
  await settings.getByRole('button', { name: 'Show all' }).click();
  for (const name of ['wal_level', 'max_slot_wal_keep_size', 'wal_retrieve_retry_interval', 'ssl_min_protocol_version'])
    await expect(settings.getByRole('article', { name })).toBeVisible();
  // Over the agent's Unix socket PostgreSQL would say 0.
  await expect(settings.getByRole('article', { name: 'tcp_keepalives_idle' })).toContainText('until a dead peer is detected');
});

test('the range stands in the address, zooms by dragging, and “back” undoes it', async ({ page }) => {
  const errors = collectConsoleErrors(page);
  await signIn(page, 'operator', readRecorded());
  await page.goto(`${readRecorded().url + PAGE}?range=15m`);
  const picker = page.getByRole('group', { name: 'Time range of the charts' });
  await expect(picker.getByRole('button', { name: '15 min' })).toHaveAttribute('aria-pressed', 'true');
  await expect(drawing(page, 'WAL rate')).toBeVisible();

  await drawing(page, 'WAL rate').scrollIntoViewIfNeeded();
  const box = (await drawing(page, 'WAL rate').boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60);
  await expect(chart(page, 'WAL rate').getByText(/UTC/)).toBeVisible();
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=.*&to=/);
  await expect(picker).toContainText('does not follow now');
  await page.goBack();
  await expect(page).toHaveURL(/range=15m/);
  await expect(picker).toContainText('follows now');

  await picker.getByRole('button', { name: '7 d' }).click();
  await expect(page).toHaveURL(/range=7d/);
  await expect(chart(page, 'WAL rate')).toContainText('A point each');
  await picker.getByRole('button', { name: 'Custom' }).click();
  const custom = page.getByRole('dialog', { name: 'Custom time range' });
  await custom.getByLabel('From').fill('2020-01-01T00:00:00');
  await custom.getByLabel('To').fill('2020-01-02T00:00:00');
  await custom.getByRole('button', { name: 'Show this period' }).click();
  // Years before the oldest data: refused by the server with the reason, and nothing is drawn as if it were known.
  await expect(
    chart(page, 'WAL rate')
      .getByText(/Give from and to|No data for this period/)
      .first(),
  ).toBeVisible();
  await page.goto(`${readRecorded().url + PAGE}?range=%3Cscript%3E`);
  await expect(picker.getByRole('button', { name: '1 h' })).toHaveAttribute('aria-pressed', 'true');
  expect(errors.filter((text) => !/status of 400/.test(text))).toEqual([]);
});

test('on a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, 'viewer', readRecorded());
  await page.goto(`${readRecorded().url + PAGE}?range=15m`);
  await expect(drawing(page, 'Lag in time')).toBeVisible();
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});

test.describe('by finger and by keyboard', () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 } });

  test('a finger drawn along a chart zooms into it, and so does a button', async ({ page }) => {
    await signIn(page, 'viewer', readRecorded());
    await page.goto(`${readRecorded().url + PAGE}?range=15m`);
    const picker = page.getByRole('group', { name: 'Time range of the charts' });
    await drawing(page, 'WAL rate').scrollIntoViewIfNeeded();
    const box = (await drawing(page, 'WAL rate').boundingBox())!;
    const session = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', share: number) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [{ x: box.x + box.width * share, y: box.y + 60 }],
      });
    await touch('touchStart', 0.4);
    for (const share of [0.5, 0.6, 0.7, 0.8]) await touch('touchMove', share);
    await touch('touchEnd', 0.8);
    await expect(page).toHaveURL(/from=.*&to=/);
    await expect(picker).toContainText('does not follow now');

    await picker.getByRole('button', { name: '1 h' }).press('Enter');
    await picker.getByRole('button', { name: 'Zoom in' }).press('Enter');
    await expect(page).toHaveURL(/range=15m/);
    await picker.getByRole('button', { name: 'Zoom in' }).press('Enter');
    await expect(page).toHaveURL(/from=.*&to=/);

    // Twice in a row counts twice, though the first has not been drawn yet.
    await picker.getByRole('button', { name: '15 min' }).press('Enter');
    await expect(page).toHaveURL(/range=15m/);
    await picker.getByRole('button', { name: 'Zoom out' }).dblclick();
    await expect(page).toHaveURL(/range=6h/);
  });
});

test('a name that is no node is answered with 404, as a page and by the API', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  for (const name of ['nope', 'x'.repeat(300), "a'%20OR%20'1'='1"]) {
    const response = await page.goto(`${readRecorded().url}/clusters/payments/nodes/${name}`);
    expect(response?.status(), name).toBe(404);
  }
  await expect(page.getByRole('heading', { name: 'There is no node with this name in this cluster' })).toBeVisible();
  const api = await page.request.get(
    `${readRecorded().url}/api/series/payments/nope?metric=lagMs&from=2026-11-20T00:00:00Z&to=2026-11-20T01:00:00Z`,
  );
  expect(api.status()).toBe(404);
});
