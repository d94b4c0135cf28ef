/** The page of a node stays open while the node is killed and comes back. */
import { readDemo } from '../fixtures/demo.ts';
import { lab, signIn } from '../fixtures/operator.ts';
import { patient } from '../../setup/patience.ts';
import { expect, test } from '../fixtures/story.ts';

const PAGE = '/clusters/payments/nodes/aws-use1-b';

test('a killed node is unknown at once, keeps its history, and its log says when', async ({ page }) => {
  await signIn(page, 'operator');
  await page.goto(`${readDemo().url + PAGE}?range=15m`);
  await expect(page.getByRole('region', { name: 'Lag in time', exact: true }).locator('.recharts-surface').first()).toBeVisible();
  await page.evaluate(() => (document.documentElement.dataset['story'] = 'unloaded'));
  await lab('kill', 'aws-use1-b');
  const state = page.getByRole('region', { name: 'State of the node' });
  await expect(state).toContainText(/unknown.*seen .* ago/);
  for (const label of ['Lag in time', 'Lag in WAL', 'WAL received'])
    await expect(state.locator('dl > div', { hasText: label }).locator('dd')).toContainText('unknown');
  await expect(page.getByRole('region', { name: 'Findings of this node' })).toContainText('node-not-seen');
  await expect(page.getByRole('region', { name: 'Log of changes' })).toContainText('State: not seen, was running');
  await lab('heal');
  await expect(state).toContainText('streaming', { timeout: patient(60_000) });
  await expect(page.getByRole('region', { name: 'Log of changes' })).toContainText('State: running, was not seen', {
    timeout: patient(30_000),
  });
  await expect(page.getByText(/^Resolved [(]/)).toBeVisible({ timeout: patient(60_000) });
  expect(await page.evaluate(() => document.documentElement.dataset['story'])).toBe('unloaded');
});
