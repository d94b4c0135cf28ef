/** Somebody signs in, is refused, leaves; nobody else sees anything. */
import { expect, test } from '../fixtures/attempts.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';
import { accountOf, collectConsoleErrors, expectAccessible, expectNoSidewaysScroll, signIn } from '../fixtures/operator.ts';

test('a wrong password is refused with what to do, and the right one leads to the page that was asked for', async ({ page }) => {
  const errors = collectConsoleErrors(page);
  await page.goto(`${readRecorded().url}/clusters/payments`);
  await expect(page.getByRole('heading', { name: /sign in/i })).toBeVisible();
  await expectAccessible(page);

  const { email, password } = accountOf('viewer', readRecorded());
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Email or password is wrong' })).toBeVisible();

  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Password').press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Payments' })).toBeVisible();
  // The refused attempt is answered with 401, which the browser logs.
  expect(errors.filter((error) => !error.includes('401'))).toEqual([]);
});

test('signing out ends the session in every tab', async ({ page, context }) => {
  await signIn(page, 'viewer', readRecorded());
  const other = await context.newPage();
  await other.goto(`${readRecorded().url}/clusters/ledger`);
  await expect(other.getByRole('heading', { level: 1, name: 'Ledger' })).toBeVisible();

  await page.getByRole('button', { name: /viewer@/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: /sign in/i })).toBeVisible();
  await expect(other.getByText(/signed out|session has ended/i).first()).toBeVisible();
  await other.reload();
  await expect(other.getByRole('heading', { name: /sign in/i })).toBeVisible();
});

test('nobody reads anything without a session or a token', async ({ request }) => {
  const { url } = readRecorded();
  for (const path of ['/api/v1/clusters', '/api/v1/clusters/payments/topology', '/api/live/clusters', '/api/live/clusters/payments']) {
    const response = await request.get(url + path);
    expect(response.status(), path).toBe(401);
    expect(await response.text(), path).not.toContain('aws-use1-a');
    const forged = await request.get(url + path, { headers: { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' } });
    expect(forged.status(), `${path} with a forged header`).toBe(401);
  }
  for (const path of ['/', '/clusters', '/clusters/payments']) {
    const response = await request.get(url + path, { maxRedirects: 0 });
    expect(response.status(), path).toBeGreaterThanOrEqual(300);
    expect(response.status(), path).toBeLessThan(400);
  }
});

test('on a telephone the sign-in page fits', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${readRecorded().url}/sign-in`);
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expectNoSidewaysScroll(page);
});
