/** Slots and archive on a telephone, and for machines. */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/attempts.ts';
import { expectAccessible, expectNoSidewaysScroll, signIn } from '../fixtures/operator.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';

const open = (page: Page, section: 'slots' | 'archive', slug: string) => page.goto(`${readRecorded().url}/clusters/${slug}/${section}`);

test('at 390 px both pages are whole, and nothing scrolls sideways', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, 'viewer', readRecorded());
  for (const slug of ['payments', 'ledger']) {
    await open(page, 'slots', slug);
    await expect(page.getByRole('article', { name: /^Slot / }).first()).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await open(page, 'archive', slug);
    await expect(page.getByRole('article', { name: /^Archiving on / })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Backups', exact: true })).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  }
});

test('the API answers the same to a token, and nothing without one', async ({ request }) => {
  const { url, apiToken } = readRecorded();
  for (const section of ['slots', 'archive']) {
    const address = `${url}/api/v1/clusters/payments/${section}`;
    const answer = await request.get(address, { headers: { Authorization: `Bearer ${apiToken}` } });
    expect(answer.status()).toBe(200);
    expect(answer.headers()['cache-control']).toBe('no-store');
    expect((await request.get(address)).status()).toBe(401);
    expect((await request.get(address.replace('payments', 'none'), { headers: { Authorization: `Bearer ${apiToken}` } })).status()).toBe(
      404,
    );
  }
});
