/** Work is announced and seen wherever somebody might touch the node; an administrator changes who must agree to an operation. */
import { expect, test } from '../fixtures/attempts.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';
import { openPlan } from '../fixtures/operations.ts';
import { expectAccessible, expectNoSidewaysScroll, signIn } from '../fixtures/operator.ts';

const REASON = 'Story: kernel patch of the host';

test('announced maintenance is seen on the topology, the node and the plan, until it is ended early', async ({ page }) => {
  await signIn(page, 'operator', readRecorded());
  const { url } = readRecorded();
  await page.goto(`${url}/clusters/payments/operations`);
  await page.getByRole('button', { name: 'Announce maintenance…' }).click();
  const dialog = page.getByRole('dialog');
  await expectAccessible(page);
  await dialog.getByLabel('What').selectOption('rax-dfw-a');
  await dialog.getByLabel('Reason').fill(REASON);
  await dialog.getByLabel(/^Owner/).fill('Platform team');
  await dialog.getByLabel('Ends automatically after').selectOption({ label: '1 h' });
  await dialog.getByRole('button', { name: 'Announce', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Maintenance' })).toContainText('Platform team; ends automatically');

  const note = page.getByRole('status', { name: 'Maintenance' });
  await page.goto(`${url}/clusters/payments`);
  await expect(note).toContainText(`rax-dfw-a is under maintenance: “${REASON}”, Platform team`);
  await expect(page.getByRole('button', { name: /^rax-dfw-a, standby, .*under maintenance/ })).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(page.getByRole('row').filter({ hasText: 'rax-dfw-a' })).toContainText('under maintenance');
  await expectNoSidewaysScroll(page);
  await page.goto(`${url}/clusters/payments/nodes/rax-dfw-a`);
  await expect(note).toContainText(REASON);
  await page.goto(`${url}/clusters/payments/nodes/aws-use1-b`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('aws-use1-b');
  await expect(note).toBeHidden();
  await openPlan(page, { cluster: 'payments', kind: 'switchover', query: '?target=rax-dfw-a' }, readRecorded());
  await expect(page.getByRole('status', { name: 'Blocked' })).toContainText('under maintenance');

  await page.goto(`${url}/clusters/payments/nodes/rax-dfw-a`);
  await note.getByRole('link', { name: 'See or end it' }).click();
  await page.getByRole('button', { name: 'End the maintenance of rax-dfw-a' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
  await expect(page.getByText('No work is announced.')).toBeVisible();
  await page.goto(`${url}/clusters/payments`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(note).toBeHidden();
});

test('an administrator changes how many must approve; an operator may not, and the audit log has it', async ({ page, browser }) => {
  const { url } = readRecorded();
  await signIn(page, 'operator', readRecorded());
  await page.goto(`${url}/settings/clusters/ledger`);
  await expect(page.getByRole('button', { name: 'Change policy' })).toHaveAttribute('aria-disabled', 'true');

  const admin = await (await browser.newContext()).newPage();
  await signIn(admin, 'admin', readRecorded());
  await admin.goto(`${url}/settings/clusters/ledger`);
  const choose = async (label: RegExp) => {
    await admin.getByRole('button', { name: 'Change policy' }).click();
    const dialog = admin.getByRole('dialog');
    await expect(dialog).toContainText('With 0, one person may plan, request and run a change of primary alone');
    await expectAccessible(admin);
    const choice = dialog.getByLabel('Approvals that an operation needs', { exact: true });
    await choice.selectOption(await choice.getByRole('option', { name: label }).getAttribute('value'));
    await dialog.getByLabel('Reason').fill('Two people are on call from now on');
    await dialog.getByRole('button', { name: 'Save policy' }).click();
    await expect(dialog).toBeHidden();
  };
  await choose(/^2:/);
  await expect(admin.getByText('2: two other people')).toBeVisible();
  await choose(/^1:/);
  await expect(admin.getByText('1: one other person')).toBeVisible();
  await admin.goto(`${url}/audit?action=cluster.set-policy`);
  const row = admin.getByRole('row').filter({ hasText: 'cluster:ledger' }).first();
  await expect(row).toContainText('admin@');
  await expect(row).toContainText('done');
  await expect(row).toContainText('Two people are on call from now on');
  await admin.setViewportSize({ width: 390, height: 844 });
  await expect(row).toContainText('admin@');
  await expectNoSidewaysScroll(admin);
  await admin.context().close();
});
