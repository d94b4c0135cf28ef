/** An operator plans, runs and reads changes of primary on the real lab; an approver approves one. */
import { randomUUID } from 'node:crypto';
import type { Browser, Page } from '@playwright/test';
import { readDemo } from '../fixtures/demo.ts';
import { collectConsoleErrors, expectAccessible, expectNoSidewaysScroll, lab, signIn } from '../fixtures/operator.ts';
import {
  RUN_DEADLINE_MS,
  SEEN_DEADLINE_MS,
  agreeAndPress,
  confirmPlan,
  expectPrimary,
  expectState,
  openPlan,
  startOperation,
  stateOf,
} from '../fixtures/operations.ts';
import { expect, test } from '../fixtures/story.ts';
import { lastResort, patient } from '../../setup/patience.ts';

async function anotherPerson(browser: Browser, role: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signIn(page, role);
  return page;
}

test('an operator plans a switchover, runs it, reads it, and goes back', async ({ page }) => {
  test.setTimeout(lastResort(2 * RUN_DEADLINE_MS + 120_000));
  const errors = collectConsoleErrors(page);
  await signIn(page, 'operator');
  const reason = `Story: planned change of primary, ${randomUUID()}`;

  await page.goto(`${readDemo().url}/clusters/payments/operations`);
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Switch over…' }).click();
  await expect(page.getByText('Choose above.')).toBeVisible();
  await page.getByRole('radio', { name: 'aws-use1-b', exact: true }).check();
  await expect(page).toHaveURL(/target=aws-use1-b/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Switch over (no acknowledged row is lost)');
  await expect(page.getByRole('region', { name: 'Topology: now and after' })).toContainText('aws-use1-b');
  await expect(page.getByRole('region', { name: 'What to expect' })).toContainText('Write outage');
  await expect(page.getByRole('region', { name: 'Write outage' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Checks before the start' })).toContainText('none blocked', {
    timeout: patient(SEEN_DEADLINE_MS),
  });
  await expectAccessible(page);

  // Nothing is sent before everything is there.
  const button = page.getByRole('button', { name: 'Switch over', exact: true });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await confirmPlan(page, { cluster: 'payments', reason });
  await expect(button).toHaveAttribute('aria-disabled', 'false');
  // Two clicks are one operation.
  await button.dblclick();
  await page.waitForURL(/\/operations\/[0-9a-f-]{36}$/);
  await expectState(page, 'done');
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('Write outage');
  await expect(page.getByRole('region', { name: 'Result' }).getByText('none', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.reload();
  await expectState(page, 'done');

  await page.getByRole('button', { name: 'Acknowledge the result…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
  await expect(page.getByText(/Read and acknowledged by operator@/)).toBeVisible();

  await page.goto(`${readDemo().url}/operations?cluster=payments`);
  await expect(page.getByRole('row').filter({ hasText: reason })).toHaveCount(1);
  await expectAccessible(page);
  await expectPrimary(page, 'payments', 'aws-use1-b');

  await startOperation(
    page,
    { cluster: 'payments', kind: 'switchover', query: '?target=aws-use1-a', reason: 'Story: and back again' },
    'Switch over',
  );
  await expectState(page, 'done');
  await expectPrimary(page, 'payments', 'aws-use1-a');
  expect(errors).toEqual([]);
});

test('the primary dies: an operator fails over, reads the loss, and reverts the old primary', async ({ page }) => {
  test.setTimeout(lastResort(3 * RUN_DEADLINE_MS + 180_000));
  await signIn(page, 'operator');
  await lab('kill', 'aws-use1-a');
  await openPlan(page, { cluster: 'payments', kind: 'failover', query: '?fence=command' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Fail over/);
  await agreeAndPress(page, { cluster: 'payments', reason: 'Story: the primary is dead' }, 'Fail over');
  await expectState(page, 'done');
  const result = page.getByRole('region', { name: 'Result' });
  await expect(result).toContainText('Acknowledged rows lost');
  await expectAccessible(page);

  await lab('start', 'aws-use1-a');
  await result.getByRole('link', { name: 'Revert aws-use1-a…' }).click();
  await agreeAndPress(page, { cluster: 'payments', reason: 'Story: bring it back as a standby' }, 'Revert');
  await expectState(page, 'done');
  await expect(page.getByRole('region', { name: /^Loss ledger of aws-use1-a/ })).toBeVisible();
  await expectAccessible(page);
  const desk = page.viewportSize()!;
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(page.getByRole('region', { name: 'Steps' })).toBeVisible();
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await page.setViewportSize(desk);
  await page.goto(`${readDemo().url}/clusters/payments`);
  await expect(page.getByRole('button', { name: /^aws-use1-a, standby, streaming/ })).toBeVisible({ timeout: patient(SEEN_DEADLINE_MS) });
});

test('a switchover of ledger waits for an approver, who is another person', async ({ page, browser }) => {
  test.setTimeout(lastResort(2 * RUN_DEADLINE_MS + 120_000));
  await signIn(page, 'operator');
  await page.goto(`${readDemo().url}/clusters/ledger`);
  const target = await page
    .getByRole('button', { name: /, standby, streaming/ })
    .first()
    .getAttribute('title');
  const wish = { cluster: 'ledger', kind: 'switchover', query: `?target=${target ?? ''}`, reason: 'Story: needs four eyes' };
  const id = await startOperation(page, wish, 'Request: switch over');
  await expectState(page, 'awaiting-approval');
  await expect(page.getByText('You can’t decide about it')).toBeVisible();
  await expectAccessible(page);

  const viewer = await anotherPerson(browser, 'viewer');
  await viewer.goto(`${readDemo().url}/operations/${id}`);
  await expect(viewer.getByText('The role “viewer” may not do this').first()).toBeVisible();
  await expect(viewer.getByRole('button', { name: 'Approve…' })).toHaveCount(0);
  await viewer.context().close();

  const approver = await anotherPerson(browser, 'approver');
  await approver.goto(`${readDemo().url}/operations?which=under-way`);
  await approver.getByRole('link', { name: /^Switchover/ }).click();
  await approver.getByRole('button', { name: 'Approve…' }).click();
  await approver.getByRole('dialog').getByLabel('Reason').fill('Story: looked at the plan');
  await expectAccessible(approver);
  await approver.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await expect(approver.getByText(/approved/).first()).toBeVisible();
  await expectState(page, 'done');
  await expect(stateOf(approver)).toHaveAttribute('data-operation-state', 'done');
  await approver.context().close();
});
