/** An administrator gives somebody a role on one cluster only; to them the others do not exist, wherever they look. */
import type { Browser, Page } from '@playwright/test';
import { expect, test } from '../fixtures/attempts.ts';
import { collectConsoleErrors, expectAccessible, expectNoSidewaysScroll, signIn } from '../fixtures/operator.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';

const EMAIL = `scoped-${Date.now()}@farshore.example`;
/** Its address and its nodes; “ledger” itself is also a word of the screens. */
const HIDDEN = /clusters\/ledger|"ledger"|aws-euw1/;

async function signInAs(browser: Browser, password: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${readRecorded().url}/sign-in`);
  await page.getByLabel('Email').fill(EMAIL);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Clusters' })).toBeVisible();
  return page;
}

test('who has a role on one cluster sees and finds that one, and meets the others as what does not exist', async ({ page, browser }) => {
  const { url } = readRecorded();
  await signIn(page, 'admin', readRecorded());
  await page.goto(`${url}/settings/users`);
  await page.getByRole('button', { name: 'Add user' }).click();
  const adding = page.getByRole('dialog', { name: 'Add a user' });
  await adding.getByLabel('Email').fill(EMAIL);
  await adding.getByLabel('Name', { exact: true }).fill('Scoped Operator');
  await adding.getByLabel('Role').selectOption('operator');
  await adding.getByLabel('Only on these clusters').fill('payments, no-such-cluster');
  await adding.getByRole('button', { name: 'Add user' }).click();
  await expect(adding.getByRole('alert')).toContainText('There is no cluster “no-such-cluster”.');
  await adding.getByLabel('Only on these clusters').fill('payments');
  await expectAccessible(page);
  await adding.getByRole('button', { name: 'Add user' }).click();
  const password = (await adding.getByLabel('Password', { exact: true }).textContent()) ?? '';
  await page.keyboard.press('Escape');
  await expect(page.getByRole('row', { name: new RegExp(EMAIL) })).toContainText('operator on payments');

  const scoped = await signInAs(browser, password);
  const errors = collectConsoleErrors(scoped);
  await expect(scoped.getByRole('main')).toContainText('Payments');
  for (const path of ['/', '/findings', '/operations', '/settings/clusters', '/clusters/payments']) {
    await scoped.goto(`${url}${path}`);
    await expect(scoped.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await scoped.content(), path).not.toMatch(HIDDEN);
  }
  await expectNoSidewaysScroll(scoped);

  await scoped.getByRole('button', { name: 'Go to a cluster, node or page' }).click();
  const palette = scoped.getByRole('dialog', { name: 'Go to' });
  await palette.getByRole('combobox').fill('payments');
  await expect(palette.getByRole('option').first()).toBeVisible();
  await palette.getByRole('combobox').fill('ledger');
  await expect(palette.getByRole('status')).toContainText('No match for “ledger”.');
  await scoped.keyboard.press('Escape');

  for (const path of ['/settings/users', '/settings/tokens', '/settings/retention', '/settings/about']) {
    await scoped.goto(`${url}${path}`);
    await expect(scoped.getByRole('main')).toContainText(/Ask an administrator/);
  }
  expect(errors).toEqual([]);

  const [hidden, absent] = [await scoped.goto(`${url}/clusters/ledger`), await scoped.goto(`${url}/clusters/nowhere`)];
  expect([hidden?.status(), absent?.status()]).toEqual([404, 404]);
  await expect(scoped.getByRole('heading', { name: 'There is no cluster with this name' })).toBeVisible();
  await scoped.context().close();
});
