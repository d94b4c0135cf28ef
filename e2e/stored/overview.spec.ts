/** Somebody opens Farshore in the morning: which cluster first, since when, and from here to any other place without the mouse. */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/attempts.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';
import { collectConsoleErrors, expectAccessible, expectNoSidewaysScroll, signIn } from '../fixtures/operator.ts';

const card = (page: Page, name: string) =>
  page
    .getByRole('list', { name: 'Clusters' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('link', { name }) });

test('each card says its sentence, its RPO state, its worst lag, how long its primary is primary, and that recovery was never tested', async ({
  page,
}) => {
  const errors = collectConsoleErrors(page);
  await signIn(page, 'viewer', readRecorded());
  const payments = card(page, 'Payments');
  await expect(payments.getByText(/If aws-use1-a died now, .* could take over with at most \d+ s of data missing/)).toBeVisible();
  await expect(payments.getByText(/RPO: Best effort ≤ \d+ s/)).toBeVisible();
  await expect(payments.getByText('never tested', { exact: true })).toBeVisible();
  await expect(payments.getByText('Primary since')).toBeVisible();
  await expect(payments.getByText(/^(at first observation|by an operation of Farshore)/)).toBeVisible();
  await expect(payments.getByText('Worst lag')).toBeVisible();
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test('the palette goes to a cluster and to a node by keyboard alone', async ({ page }) => {
  const errors = collectConsoleErrors(page);
  await signIn(page, 'viewer', readRecorded());
  await expect(page.getByText(/^live/)).toBeVisible();
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: 'Cluster, node, page or operation' });
  await expect(field).toBeFocused();
  await expect(page.getByRole('option', { name: /Payments/ }).first()).toBeVisible();
  await field.fill('gcp-use4');
  await expect(page.getByRole('option', { selected: true })).toContainText('gcp-use4-a');
  await expectAccessible(page);
  await field.fill('ledger');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  // Pressed at once: down and up again is the first of what was typed, not the last of what was listed before.
  await expect(page.getByRole('option', { selected: true })).toHaveText(/^Ledger.*cluster$/);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/clusters\/ledger$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Ledger' })).toBeVisible();
  await page.keyboard.press('/');
  await expect(field).toBeFocused();
  await field.fill('nothing is called so');
  await expect(page.getByText('No match for “nothing is called so”.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(field).toBeHidden();
  expect(errors).toEqual([]);
});

test('from a cluster to its pages and back by the breadcrumb; a figure explains how it is measured', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  await page.getByRole('link', { name: 'Payments' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Payments' })).toBeVisible();
  await page.getByRole('button', { name: 'How is this measured: RPO state' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toContainText('proven to hold everything');
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('navigation', { name: 'Pages of this cluster' }).getByRole('link', { name: 'Nodes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Nodes of Payments' })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Filter nodes' }).fill('google');
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('link', { name: 'gcp-use4-a' })).toHaveAttribute('href', '/clusters/payments/nodes/gcp-use4-a');
  await expectAccessible(page);
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Overview' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Clusters' })).toBeVisible();
});

test('names are hidden for a screenshot, also after a reload, and the picture is saved without them', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  await page.goto(`${readRecorded().url}/clusters/payments`);
  const graph = page.getByRole('group', { name: 'Topology graph' });
  await expect(graph.getByRole('button', { name: /^aws-use1-a, primary/ })).toBeVisible();
  await page.getByRole('button', { name: 'Hide names' }).click();
  await expect(graph.getByRole('button', { name: /^node-1, primary, writable/ })).toBeVisible();
  await expect(page.locator('body')).not.toContainText(/aws-use1|gcp-use4|rax-dfw|Payments/);
  await page.reload();
  await expect(graph.getByRole('button', { name: /^node-1, primary, writable/ })).toBeVisible();
  await expect(page.locator('body')).not.toContainText(/aws-use1|gcp-use4|rax-dfw/);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'SVG' }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toMatch(/^topology-.*[.]svg$/);
  const chunks: Buffer[] = [];
  for await (const chunk of await saved.createReadStream()) chunks.push(chunk as Buffer);
  const svg = Buffer.concat(chunks).toString();
  expect(svg).toContain('node-1');
  expect(svg).toContain('streaming');
  expect(svg).not.toMatch(/aws-use1|<script/);
  const drawn = await page.evaluate(
    (text) => new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror') === null,
    svg,
  );
  expect(drawn).toBe(true);
  await page.getByRole('button', { name: 'Hide names' }).click();
  await expect(graph.getByRole('button', { name: /^aws-use1-a, primary/ })).toBeVisible();
});

test('at 390 px all of it is there', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, 'viewer', readRecorded());
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Go to a cluster, node or page' }).click();
  await page.getByRole('combobox').fill('payments');
  await page
    .getByRole('option', { name: /Payments/ })
    .first()
    .click();
  await expect(page.getByRole('heading', { level: 1, name: 'Payments' })).toBeVisible();
  await expect(page.getByText(/^Best effort ≤ \d+ s$/)).toBeVisible();
  await page.getByRole('button', { name: 'How is this measured: Worst lag' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectNoSidewaysScroll(page);
  await page.keyboard.press('Escape');
  for (const [section, title] of [
    ['Nodes', /^Nodes of Payments ·/],
    ['Topology', /^Payments ·/],
  ] as const) {
    await page.getByRole('navigation', { name: 'Pages of this cluster' }).getByRole('link', { name: section }).click();
    // While one page takes the place of the other there is no title, and before that the old one.
    await expect(page).toHaveTitle(title);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  }
});
