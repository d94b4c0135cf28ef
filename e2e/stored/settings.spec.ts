/** An administrator manages who may do what; everybody else sees why it is not theirs. */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/attempts.ts';
import { expectAccessible, expectNoSidewaysScroll, signIn } from '../fixtures/operator.ts';
import { lastResort } from '../../setup/patience.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';

async function open(page: Page, place: string): Promise<void> {
  await page.goto(`${readRecorded().url}/settings/${place}`);
  await expect(page.getByRole('navigation', { name: 'Settings' })).toBeVisible();
}

test('an account is made, signs in with its password, gets another role, and is disabled', async ({ page, browser }) => {
  test.setTimeout(lastResort(120_000));
  const email = `story-${Date.now()}@farshore.example`;
  await signIn(page, 'admin', readRecorded());
  await open(page, 'users');
  await page.getByRole('button', { name: 'Add user' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a user' });
  await dialog.getByLabel('Email').fill(email);
  await dialog.getByLabel('Name').fill('Story');
  await dialog.getByRole('button', { name: 'Add user' }).click();
  const password = (await dialog.getByRole('status', { name: 'Password' }).textContent()) ?? '';
  expect(password.length).toBeGreaterThanOrEqual(12);
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Done' }).click();

  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto(`${readRecorded().url}/sign-in`);
  await other.getByLabel('Email').fill(email);
  await other.getByLabel('Password').fill(password);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other.getByRole('navigation', { name: 'Main' }).first()).toBeVisible();
  await other.goto(`${readRecorded().url}/settings/users`);
  await expect(other.getByText('The role “viewer” may not do this')).toBeVisible();

  await page.getByRole('button', { name: `Change the role of ${email}` }).click();
  const role = page.getByRole('dialog', { name: 'Role of Story' });
  await role.getByLabel('Role').selectOption('admin');
  await role.getByRole('button', { name: 'Change role' }).click();
  // The cell, not the row: that also holds the dialog with every role to choose from.
  await expect(
    page
      .getByRole('row', { name: new RegExp(email) })
      .first()
      .getByRole('cell', { name: 'admin', exact: true }),
  ).toBeVisible();
  await other.reload();
  await expect(other.getByRole('row', { name: new RegExp(email) }).first()).toBeVisible();

  await page.getByRole('button', { name: `Disable ${email}` }).click();
  await page.getByRole('button', { name: 'Disable the account' }).click();
  await expect(page.getByRole('button', { name: /disabled account/ })).toBeVisible();
  await other.reload();
  await expect(other.getByRole('heading', { name: /sign in/i })).toBeVisible();
  await context.close();
});

test('a token for a machine works until it is revoked', async ({ page, request }) => {
  const { url } = readRecorded();
  const name = `story ${Date.now()}`;
  await signIn(page, 'admin', readRecorded());
  await open(page, 'tokens');
  await page.getByRole('button', { name: 'Create token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create an API token' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('May').selectOption({ label: 'read the same, and the audit log' });
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const token = await dialog.getByRole('status', { name: 'Token' }).textContent();
  await dialog.getByRole('button', { name: 'Done' }).click();
  const ask = () => request.get(`${url}/api/v1/clusters`, { headers: { Authorization: `Bearer ${token}` } });
  expect((await ask()).status()).toBe(200);
  await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('audit.read');
  await page.getByRole('button', { name: `Revoke ${name}` }).click();
  await page.getByRole('button', { name: 'Revoke the token' }).click();
  await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('revoked');
  expect((await ask()).status()).toBe(401);
});

test('a viewer sees the settings, and with each button why it is not theirs', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  await open(page, 'clusters/payments');
  for (const name of ['Change policy', 'Add node', 'Retire gcp-use4-a']) {
    const button = page.getByRole('button', { name });
    await expect(button).toHaveAttribute('aria-disabled', 'true');
    await expect(button).toHaveAccessibleDescription(/The role “viewer” may not do this/);
    await button.click({ force: true });
  }
  await expect(page.getByRole('dialog')).toBeHidden();
  await open(page, 'clusters/payments/gcp-use4-a');
  await expect(page.getByRole('button', { name: 'Issue a join token' })).toHaveAttribute('aria-disabled', 'true');
  await open(page, 'tokens');
  await expect(page.getByText(/it needs “token.manage”/)).toBeVisible();
});

test('on a telephone every part of the settings fits', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, 'admin', readRecorded());
  for (const place of ['clusters', 'clusters/payments', 'clusters/payments/gcp-use4-a', 'users', 'tokens', 'retention', 'about']) {
    await open(page, place);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  }
});
