/** Operations that do not go through at once: cancelled at a safe point, held for a person, left alone by the controller; and what a failover left behind. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Page } from '@playwright/test';
import { readDemo } from '../fixtures/demo.ts';
import {
  RUN_DEADLINE_MS,
  SEEN_DEADLINE_MS,
  agreeAndPress,
  expectPrimary,
  expectState,
  startOperation,
  stateOf,
} from '../fixtures/operations.ts';
import { expectAccessible, lab, labAtOnce, signIn } from '../fixtures/operator.ts';
import { expect, test } from '../fixtures/story.ts';
import { lastResort, patient } from '../../setup/patience.ts';

const STEP_POLL_MS = 30;

const notices = (page: Page) => page.getByRole('status', { name: 'Notices' });

/** Resolves as soon as the step is under way. @throws when it is not in time. */
async function untilRunning(id: string, name: RegExp): Promise<void> {
  const { url, operatorToken } = readDemo();
  const endMs = performance.now() + RUN_DEADLINE_MS;
  while (performance.now() < endMs) {
    const response = await fetch(`${url}/api/v1/operations/${id}`, { headers: { authorization: `Bearer ${operatorToken}` } });
    const { steps } = (await response.json()) as { steps: { name: string; state: string }[] };
    if (steps.some((step) => name.test(step.name) && step.state === 'running')) return;
    await sleep(STEP_POLL_MS);
  }
  throw new Error(`No step ${name.source} was under way within ${RUN_DEADLINE_MS / 1000} s.`);
}

/** A switchover to a target whose agent gets each command half a second late, and whose reports stay young enough for the checks: time for a person to press a button, or for it to die. */
async function startSlowSwitchover(page: Page, reason: string): Promise<string> {
  await signIn(page, 'operator');
  await lab('delay', 'controller', 'aws-use1-b', '1000ms');
  return startOperation(page, { cluster: 'payments', kind: 'switchover', query: '?target=aws-use1-b', reason }, 'Switch over');
}

test('a new host becomes a standby: cancelled while it copies, then to its end while the controller is away for a while', async ({
  page,
}) => {
  test.setTimeout(lastResort(3 * RUN_DEADLINE_MS + 120_000));
  await signIn(page, 'operator');
  await lab('wipe', 'rax-dfw-a');
  const wish = { cluster: 'payments', kind: 'add-standby', reason: 'Story: a new host in the place of the old one' };
  const slowly = { ...wish, query: '?target=rax-dfw-a&upstream=aws-use1-a&rate=1' };
  await startOperation(page, slowly, 'Add the standby');
  const bar = page.getByRole('progressbar', { name: 'Progress' });
  await expect(bar).toBeVisible({ timeout: patient(SEEN_DEADLINE_MS) });
  await expect(page.getByText(/of .* · .*\/s · about .* left/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Cancel the operation…' }).click();
  await expect(page.getByRole('dialog')).toContainText('The partial copy on rax-dfw-a is removed');
  await expectAccessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the operation' }).click();
  await expectState(page, 'cancelled');
  await expect(page.getByText(/^Cancelled by operator@/)).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('link', { name: 'Plan it again…' }).click();
  await expect(page).toHaveURL(/add-standby\?target=rax-dfw-a/);
  await startOperation(page, slowly, 'Add the standby');
  await expect(bar).toBeVisible({ timeout: patient(SEEN_DEADLINE_MS) });
  const { controller } = readDemo().processes;
  process.kill(controller, 'SIGSTOP');
  try {
    await expect(notices(page)).toContainText('The controller has been away for', { timeout: patient(SEEN_DEADLINE_MS) });
    await expect(stateOf(page)).toHaveText('running, when last seen');
    await expect(page.getByText(/as of .* ago/)).toBeVisible();
    await page.reload();
    await expect(notices(page)).toContainText('The run continues when it, or another one, is back.');
    await expectAccessible(page);
  } finally {
    process.kill(controller, 'SIGCONT');
  }
  await expect(notices(page)).toHaveText('live');
  await expectState(page, 'done');
  await page.goto(`${readDemo().url}/clusters/payments`);
  await expect(page.getByRole('button', { name: /^rax-dfw-a, standby, streaming/ })).toBeVisible({ timeout: patient(SEEN_DEADLINE_MS) });
});

test('the target’s agent dies beyond the point of no return: the run is held, says what to do, and continues when it is mended', async ({
  page,
}) => {
  test.setTimeout(lastResort(3 * RUN_DEADLINE_MS + 120_000));
  const id = await startSlowSwitchover(page, 'Story: the agent of the target dies');
  await untilRunning(id, /^promote-/);
  await labAtOnce('kill-agent', 'aws-use1-b');
  await expect(page.getByText('The point of no return has passed')).toBeVisible();
  await expectState(page, 'held');
  const held = page.getByRole('region', { name: 'Held' });
  await expect(held).toContainText('The agent of aws-use1-b did not answer.');
  // Clients still wait, and the page does not say that they had waited.
  await expect(page.locator('[data-outage]')).toHaveAttribute('data-outage', 'runs');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Give up…' }).click();
  await expect(page.getByRole('dialog')).toContainText('without a rollback');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click();

  await lab('heal');
  await page.getByRole('button', { name: 'Try again…' }).click();
  await page.getByRole('dialog').getByLabel('What was fixed').fill('Story: the agent runs again');
  await page.getByRole('dialog').getByRole('button', { name: 'Try again', exact: true }).click();
  await expect(stateOf(page)).not.toHaveAttribute('data-operation-state', 'held', { timeout: patient(SEEN_DEADLINE_MS) });
  await expectState(page, 'done');
  await expectPrimary(page, 'payments', 'aws-use1-b');
});

test('a switchover is cancelled while it prepares: it is rolled back, and the primary never stopped', async ({ page }) => {
  test.setTimeout(lastResort(3 * RUN_DEADLINE_MS + 120_000));
  const id = await startSlowSwitchover(page, 'Story: cancelled');
  await untilRunning(id, /^slot-/);
  // However fast the agent and however slow the browser: the step can't end before the button is pressed.
  await labAtOnce('cut', 'controller', 'aws-use1-b');
  await page.getByRole('button', { name: 'Cancel the operation…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(/Nothing to roll back|will be rolled back/);
  await dialog.getByRole('button', { name: 'Cancel the operation' }).click();
  await expect(dialog).toBeHidden();
  await lab('heal');
  await expectState(page, 'cancelled');
  await expect(page.getByText(/^Cancelled by operator@/)).toBeVisible();
  await expectAccessible(page);
  await expectPrimary(page, 'payments', 'aws-use1-a');
});

test('a held switchover is given up: no node is primary, the page says so, and a failover brings one', async ({ page }) => {
  test.setTimeout(lastResort(4 * RUN_DEADLINE_MS + 240_000));
  const id = await startSlowSwitchover(page, 'Story: it cannot continue');
  await untilRunning(id, /^promote-/);
  await labAtOnce('kill-agent', 'aws-use1-b');
  await expectState(page, 'held');
  await page.getByRole('button', { name: 'Give up…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('No node is primary');
  await dialog.getByRole('button', { name: 'Give up', exact: true }).click();
  await expectState(page, 'failed');
  await expect(page.getByText(/^Given up by operator@/)).toBeVisible();
  await expectAccessible(page);

  // The agent of aws-use1-b, which holds the term, is dead: nobody can tell by it whether it was promoted after all.
  await page.getByRole('link', { name: 'Fail over…' }).click();
  await expect(page).toHaveURL(/operations\/new\/failover/);
  const checks = page.getByRole('region', { name: 'Checks before the start' });
  await expect(checks).toContainText('Its agent can’t prove that it is stopped. Choose the fence command instead', {
    timeout: patient(SEEN_DEADLINE_MS),
  });
  const failover = { cluster: 'payments', kind: 'failover', query: '?fence=command', reason: 'Story: a primary after all' };
  await startOperation(page, failover, 'Fail over');
  await expectState(page, 'done');
  await page.goto(`${readDemo().url}/clusters/payments`);
  await expect(page.getByRole('button', { name: /, primary, writable/ })).toHaveCount(1, { timeout: patient(SEEN_DEADLINE_MS) });
});

test('a standby that was away at a failover: its finding leads to the plan that brings it back', async ({ page }) => {
  test.setTimeout(lastResort(3 * RUN_DEADLINE_MS + 240_000));
  await signIn(page, 'operator');
  await lab('kill', 'rax-dfw-a');
  await lab('kill', 'aws-use1-a');
  const reason = 'Story: the primary and a standby are dead';
  await startOperation(page, { cluster: 'payments', kind: 'failover', query: '?fence=command', reason }, 'Fail over');
  await expectState(page, 'done');
  await lab('start', 'aws-use1-a');
  await lab('start', 'rax-dfw-a');
  await page.goto(`${readDemo().url}/clusters/payments`);
  const left = page.getByRole('article', { name: /^rax-dfw-a still follows aws-use1-a, which is no longer the primary/ });
  await expect(left).toBeVisible({ timeout: patient(SEEN_DEADLINE_MS) });
  await left.getByRole('link', { name: /^(Re-parent|Revert)…$/ }).click();
  await expect(page).toHaveURL(/operations\/new\/(re-parent|reversion)\?target=rax-dfw-a/);
  await expect(page.getByRole('region', { name: 'Topology: now and after' })).toContainText('rax-dfw-a');
  const verb = page.url().includes('re-parent') ? 'Re-parent' : 'Revert';
  await agreeAndPress(page, { cluster: 'payments', reason: 'Story: bring it to the present primary' }, verb);
  await expectState(page, 'done');
});
