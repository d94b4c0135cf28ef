/** A cluster breaks while somebody reads the overview. */
import { untilQuiet } from '../fixtures/home.ts';
import { lab, signIn } from '../fixtures/operator.ts';
import { lastResort, patient } from '../../setup/patience.ts';
import { expect, test } from '../fixtures/story.ts';

test('a broken cluster is counted at once, and comes first when sorted again; search and urgency narrow the list', async ({ page }) => {
  test.setTimeout(lastResort(240_000));
  await untilQuiet('payments');
  await signIn(page, 'viewer');
  const links = page.getByRole('list', { name: 'Clusters' }).getByRole('heading', { level: 2 });
  await expect(links.first()).toContainText('Ledger');
  const urgent = page
    .getByRole('group', { name: 'Show clusters by severity' })
    .getByRole('button', { name: /^(Critical|Unknown|Warning) [1-9]/ });
  await lab('kill', 'rax-dfw-a');
  await expect(urgent.first()).toBeVisible({ timeout: patient(40_000) });
  // Nothing moved under the reader.
  await expect(links.first()).toContainText('Ledger');
  await page.getByRole('button', { name: /sort again/ }).click();
  await expect(links.first()).toContainText('Payments');

  await page.getByRole('searchbox', { name: 'Search clusters' }).fill('ledger');
  await expect(links).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search clusters' }).fill('no such thing');
  await expect(page.getByText('No cluster fits.')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search clusters' }).fill('');
  await urgent.first().click();
  await expect(links).toHaveCount(1);
  await expect(links.first()).toContainText('Payments');
});
