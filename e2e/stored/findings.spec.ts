/** The list of findings by its address, and for machines. */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/attempts.ts';
import { signIn } from '../fixtures/operator.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';

async function openFindings(page: Page, query: string): Promise<void> {
  await page.goto(`${readRecorded().url}/findings${query}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Findings' })).toBeVisible();
}

test('the address keeps the filters', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  await openFindings(page, '?view=resolved&days=7&severity=warning&cluster=ledger');
  await expect(page.getByRole('tab', { name: 'Resolved' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByLabel('Severity')).toHaveValue('warning');
  await expect(page.getByLabel('Cluster')).toHaveValue('ledger');
  await expect(page.getByLabel('Resolved in the last')).toHaveValue('7');
  await openFindings(page, '?severity=%00&cluster=%3Cscript%3E&code=nonsense');
  await expect(page.getByLabel('Severity')).toHaveValue('');
});

test('the findings are there for machines too, and not for strangers', async ({ request }) => {
  const { url, apiToken } = readRecorded();
  const answer = await request.get(`${url}/api/v1/findings`, { headers: { Authorization: `Bearer ${apiToken}` } });
  expect(answer.status()).toBe(200);
  expect(answer.headers()['cache-control']).toBe('no-store');
  expect(((await answer.json()) as { clusters: { slug: string }[] }).clusters.map(({ slug }) => slug)).toContain('payments');
  for (const path of ['/api/v1/findings', '/api/v1/findings/history', '/api/settings/registry', '/api/settings/health']) {
    expect((await request.get(url + path)).status(), path).toBe(401);
  }
});
