/** A DBA watches a cluster, loses a standby, and sees it come back, without touching the page. */
import { collectConsoleErrors, expectAccessible, lab, signIn } from '../fixtures/operator.ts';
import { expect, test } from '../fixtures/story.ts';
import { patient } from '../../setup/patience.ts';

test('a killed standby turns the page without a reload, and healing turns it back', async ({ page }) => {
  const errors = collectConsoleErrors(page);
  await signIn(page, 'operator');
  await page.getByRole('link', { name: 'Payments' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Payments' })).toBeVisible();
  const graph = page.getByRole('group', { name: 'Topology graph' });
  await expect(graph.getByRole('button', { name: /^aws-use1-a, primary, writable/ })).toBeVisible();
  await expect(graph.getByRole('button', { name: /^aws-use1-b, standby, streaming/ })).toBeVisible();
  await expect(page.getByText(/^live/)).toBeVisible();
  await expectAccessible(page);
  // Gone after any reload: proves below that there was none.
  await page.evaluate(() => (document.documentElement.dataset['story'] = 'unloaded'));

  expect(await lab('kill', 'aws-use1-b')).toContain('aws-use1-b');
  await expect(graph.getByRole('button', { name: /^aws-use1-b, standby, unknown/ })).toBeVisible();
  await expect(graph.getByRole('button', { name: /^gcp-use4-a, standby, not receiving/ })).toBeVisible();
  const findings = page.getByRole('region', { name: 'Findings' });
  await expect(findings.getByText('standby-not-receiving')).toBeVisible();
  await expect(findings.getByText('node-not-seen')).toBeVisible();
  await expectAccessible(page);

  await lab('heal');
  await expect(graph.getByRole('button', { name: /^aws-use1-b, standby, streaming/ })).toBeVisible({ timeout: patient(30_000) });
  await expect(graph.getByRole('button', { name: /^gcp-use4-a, standby, streaming/ })).toBeVisible({ timeout: patient(30_000) });
  await expect(findings.getByText('node-not-seen')).toBeHidden({ timeout: patient(30_000) });
  expect(await page.evaluate(() => document.documentElement.dataset['story'])).toBe('unloaded');
  expect(errors).toEqual([]);
});
