/** A DBA reads both clusters, as a graph, as a table and on a telephone, and sees when nothing comes any more. */
import { expect, test } from '../fixtures/attempts.ts';
import { collectConsoleErrors, expectAccessible, expectNoSidewaysScroll, signIn } from '../fixtures/operator.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';
import { patient } from '../../setup/patience.ts';

test('both clusters stand on the first page, each with one sentence', async ({ page }) => {
  const errors = collectConsoleErrors(page);
  await signIn(page, 'operator', readRecorded());
  await expect(page.getByRole('link', { name: 'Payments' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Ledger' })).toBeVisible();
  await expect(page.getByText(/If aws-use1-a died now, .* could take over/)).toBeVisible();
  await expect(page.getByText(/If aws-euw1-a died now, .* no acknowledged commit missing/)).toBeVisible();
  await expect(page.getByText('RPO: Guaranteed 0')).toBeVisible();
  await expect(page.getByText(/RPO: Best effort ≤/)).toBeVisible();
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test('the table says the same as the graph, and works by keyboard', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  await page.goto(`${readRecorded().url}/clusters/ledger`);
  await page.getByRole('tab', { name: 'Table' }).focus();
  await page.keyboard.press('Enter');
  const table = page.getByRole('tabpanel').getByRole('table').first();
  await expect(table.getByRole('row', { name: /aws-euw1-a.*writable/ })).toBeVisible();
  await expect(table.getByRole('row', { name: /gcp-euw4-a.*streaming/ })).toBeVisible();
  await table.getByRole('button', { name: /gcp-euw4-a/ }).focus();
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog');
  await expect(sheet).toContainText('gcp-euw4-a');
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
});

test('at 390 px everything is there, and nothing scrolls sideways', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, 'viewer', readRecorded());
  await expectNoSidewaysScroll(page);
  await page.goto(`${readRecorded().url}/clusters/payments`);
  await expect(page.getByRole('row', { name: /aws-use1-a.*writable/ })).toBeVisible();
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});

test('a web process that hangs: the page stops calling anything live, and recovers', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  await page.goto(`${readRecorded().url}/clusters/payments`);
  await expect(page.getByText(/^live/)).toBeVisible();
  const { webPid } = readRecorded();
  process.kill(webPid, 'SIGSTOP');
  try {
    await expect(page.getByText(/reconnecting|not reported since/i).first()).toBeVisible({ timeout: patient(30_000) });
    const graph = page.getByRole('group', { name: 'Topology graph' });
    await expect(graph.getByRole('button', { name: /aws-use1-a, primary, unknown/ })).toBeVisible({ timeout: patient(30_000) });
  } finally {
    process.kill(webPid, 'SIGCONT');
  }
  await expect(page.getByText(/^live/)).toBeVisible({ timeout: patient(30_000) });
});

test('a cluster that does not exist is a page with a way on', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  const response = await page.goto(`${readRecorded().url}/clusters/no-such-cluster`);
  expect(response?.status()).toBe(404);
  await expect(page.getByRole('link', { name: /clusters/i }).first()).toBeVisible();
  await expectAccessible(page);
});
