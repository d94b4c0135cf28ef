/** Tells of a dead standby: one cause and its consequences, an acknowledgement, and the history once it is resolved. */
import type { Page } from '@playwright/test';
import { readDemo } from '../fixtures/demo.ts';
import { collectConsoleErrors, expectAccessible, expectNoSidewaysScroll, lab, signIn } from '../fixtures/operator.ts';
import { expect, test } from '../fixtures/story.ts';
import { lastResort, patient } from '../../setup/patience.ts';

const APPEARS_MS = 30_000;

async function openFindings(page: Page, query = ''): Promise<void> {
  await page.goto(`${readDemo().url}/findings${query}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Findings' })).toBeVisible();
}

const cause = (page: Page) => page.getByRole('article', { name: /^aws-use1-b was last seen/ });

test('a dead standby is one cause with what follows from it; acknowledged, it is dimmed; healed, it is history', async ({ page }) => {
  test.setTimeout(lastResort(180_000));
  const errors = collectConsoleErrors(page);
  await signIn(page, 'operator');
  await openFindings(page);
  await expect(page.getByText(/^live/)).toBeVisible();
  await page.evaluate(() => (document.documentElement.dataset['story'] = 'unloaded'));

  await lab('kill', 'aws-use1-b');
  await expect(cause(page)).toBeVisible({ timeout: patient(APPEARS_MS) });
  const group = page.getByRole('region', { name: /^aws-use1-b was last seen/ });
  await expect(group.getByText(/^gcp-use4-a receives no WAL from aws-use1-b/).first()).toBeVisible({ timeout: patient(APPEARS_MS) });
  await expect(group.getByText(/^Consequences/)).toBeVisible();
  await expect(cause(page).getByText('Next:')).toBeVisible();
  await group.getByText('Evidence, impact and likely causes').first().click();
  await expect(group.getByText('silent for:').first()).toBeVisible();
  await expectAccessible(page);

  // A run that was cut short left its acknowledgement, which is bound to the node and outlives the finding.
  const leftover = cause(page).getByRole('button', { name: /^Withdraw/ });
  if (await leftover.isVisible()) await leftover.click();
  await cause(page)
    .getByRole('button', { name: /^Acknowledge…/ })
    .click();
  const dialog = page.getByRole('dialog', { name: 'Acknowledge this finding' });
  await expectAccessible(page);
  await dialog.getByLabel('Reason').fill('Host is being replaced, ticket 4711');
  await dialog.getByLabel('For how long').selectOption({ label: '1 hour' });
  await dialog.getByRole('button', { name: 'Acknowledge' }).click();
  await expect(dialog).toBeHidden();
  await expect(cause(page).getByText('operator@farshore.example')).toBeVisible();
  await expect(cause(page).getByText('“Host is being replaced, ticket 4711”')).toBeVisible();
  await expect(page.getByRole('status', { name: 'Counts' })).toContainText('1 acknowledged');
  await expectAccessible(page);

  await page.getByLabel('Acknowledged', { exact: true }).selectOption({ label: 'not shown' });
  await expect(cause(page)).toBeHidden();
  await expect(page).toHaveURL(/acknowledged=no/);
  await page.getByLabel('Acknowledged', { exact: true }).selectOption({ label: 'shown too' });
  await cause(page)
    .getByRole('button', { name: /^Withdraw/ })
    .click();
  await expect(page.getByRole('status', { name: 'Counts' })).toContainText('none acknowledged');

  await lab('heal');
  await expect(cause(page)).toBeHidden({ timeout: patient(60_000) });
  await page.getByRole('tab', { name: 'Resolved' }).click();
  expect(await page.evaluate(() => document.documentElement.dataset['story'])).toBe('unloaded');
  await page.reload();
  const row = page.getByRole('row', { name: /Node not seen.*aws-use1-b/ });
  await expect(row).toBeVisible({ timeout: patient(APPEARS_MS) });
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test('a viewer sees why acknowledging is not possible; an operator’s telephone shows all of it', async ({ page, browser }) => {
  await signIn(page, 'viewer');
  await openFindings(page);
  await lab('kill', 'aws-use1-b');
  await expect(cause(page)).toBeVisible({ timeout: patient(APPEARS_MS) });
  const button = cause(page).getByRole('button', { name: /^Acknowledge…/ });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await button.press('Enter');
  await expect(cause(page).getByText('The role “viewer” may not do this')).toBeVisible();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expectAccessible(page);

  const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  await signIn(phone, 'operator');
  await openFindings(phone);
  await expect(cause(phone)).toBeVisible({ timeout: patient(APPEARS_MS) });
  await expectNoSidewaysScroll(phone);
  await expectAccessible(phone);
  await cause(phone)
    .getByRole('button', { name: /^Acknowledge…/ })
    .click();
  await expect(phone.getByRole('dialog')).toBeVisible();
  await expectNoSidewaysScroll(phone);
  await phone.keyboard.press('Escape');
  await openFindings(phone, '?view=resolved');
  await expectNoSidewaysScroll(phone);
  await phone.context().close();
});
