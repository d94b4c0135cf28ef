/** Plans that nobody carries out, the audit log, and the screens of operations on a telephone. */
import { expect, test } from '../fixtures/attempts.ts';
import { openPlan } from '../fixtures/operations.ts';
import { expectAccessible, expectNoSidewaysScroll, signIn } from '../fixtures/operator.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';

test('a viewer sees the plan and why the button is not there', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  await openPlan(page, { cluster: 'payments', kind: 'switchover', query: '?target=rax-dfw-a' }, readRecorded());
  await expect(page.getByRole('status', { name: 'Blocked' })).toContainText('The role “viewer” may not do this');
  await expect(page.getByRole('button', { name: 'Switch over', exact: true })).toHaveCount(0);
  await expectAccessible(page);
  await page.goto(`${readRecorded().url}/audit`);
  await expect(page.getByRole('heading', { name: 'Your role may not see this' })).toBeVisible();
});

test('a plan that is not possible says why', async ({ page }) => {
  await signIn(page, 'operator', readRecorded());
  await openPlan(page, { cluster: 'payments', kind: 'switchover', query: '?target=nobody' }, readRecorded());
  await expect(page.getByRole('region', { name: 'Not possible now' })).toContainText('nobody');
  await expectAccessible(page);
});

test('an auditor reads who did what, and that the chain is whole', async ({ page }) => {
  await signIn(page, 'auditor', readRecorded());
  await page.goto(`${readRecorded().url}/audit`);
  await expect(page.getByRole('status', { name: 'State of the hash chain' })).toContainText('The chain is intact');
  await expect(page.getByRole('row').nth(1)).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('What', { exact: true }).fill('operation.');
  await page.getByLabel('What', { exact: true }).press('Enter');
  await expect(page).toHaveURL(/action=operation/);
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption('denied');
  await expect(page).toHaveURL(/outcome=denied/);
});

test('on a telephone the screens of operations fit', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, 'operator', readRecorded());
  for (const path of [
    '/operations',
    '/clusters/payments/operations',
    '/clusters/payments/operations/new/switchover?target=rax-dfw-a',
    '/clusters/payments/operations/new/failover',
    '/clusters/payments/operations/new/reversion',
  ]) {
    await page.goto(readRecorded().url + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  }
});
