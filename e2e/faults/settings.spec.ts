/** An administrator builds up a cluster from the browser with a real agent, and what is set reaches the controller. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { ROOT, readDemo } from '../fixtures/demo.ts';
import { collectConsoleErrors, expectAccessible, signIn } from '../fixtures/operator.ts';
import { expect, test } from '../fixtures/story.ts';
import { lastResort, patient } from '../../setup/patience.ts';

const WAIT_MS = 30_000;
const SLUG = `story-${Date.now()}`;

async function open(page: Page, place: string): Promise<void> {
  await page.goto(`${readDemo().url}/settings/${place}`);
  await expect(page.getByRole('navigation', { name: 'Settings' })).toBeVisible();
}

/** Commands that the person at the server types, with a configuration of its own. */
async function joinAgent(controller: string, node: string, token: string): Promise<void> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'farshore-story-agent-'));
  try {
    const config = path.join(home, 'agent.toml');
    writeFileSync(config, `[agent]\nstate_directory = "${home}"\n[postgres]\nhost = "${home}"\n[health]\nport = 18099\n`);
    const agent = path.join(ROOT, 'dist/farshore-agent.cjs');
    await promisify(execFile)(process.execPath, [agent, 'join', '--config', config, '--controller', controller, '--node', node], {
      env: { ...process.env, FARSHORE_AGENT_JOIN_TOKEN: token },
      timeout: patient(WAIT_MS),
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

test('a cluster and a node are registered, an agent joins with the token of the page, and all of it is retired', async ({ page }) => {
  test.setTimeout(lastResort(150_000));
  const errors = collectConsoleErrors(page);
  await signIn(page, 'admin');
  await open(page, 'clusters');
  await expect(page.getByRole('row', { name: /Payments/ })).toContainText('observed');
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Add cluster' }).click();
  const adding = page.getByRole('dialog', { name: 'Add a cluster' });
  await adding.getByLabel('Name', { exact: true }).fill('Story of settings');
  await adding.getByLabel('Short name').fill('Not A Slug');
  await adding.getByRole('button', { name: 'Add cluster' }).click();
  await expect(adding.getByRole('alert')).toContainText('lower-case letters');
  await adding.getByLabel('Short name').fill(SLUG);
  await adding.getByLabel('Where its data may reside').fill('us, CA');
  await adding.getByLabel('RPO: lose at most', { exact: true }).fill('30');
  await expectAccessible(page);
  await adding.getByRole('button', { name: 'Add cluster' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Story of settings' })).toBeVisible();
  await expect(page.getByRole('group', { name: 'Objectives' })).toContainText('≤ 30 s');

  await page.getByRole('button', { name: 'Add node' }).click();
  const node = page.getByRole('dialog', { name: /Add a node/ });
  await node.getByLabel('Name', { exact: true }).fill('story-a');
  await node.getByLabel('Provider').fill('aws');
  await node.getByLabel('Region').fill('us-east-1');
  await node.getByLabel('Zone').fill('us-east-1a');
  await node.getByLabel('Jurisdiction').fill('us');
  await node.getByRole('button', { name: 'Add node' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Enrolment of story-a' })).toBeVisible();
  await expect(page.getByText('No agent has joined.')).toBeVisible();

  await page.getByRole('button', { name: 'Issue a join token' }).click();
  await expect(page.getByRole('timer')).toContainText(/valid for another 1[45] min/);
  await expect(page.getByText('waiting for the agent to join', { exact: true })).toBeVisible({ timeout: patient(WAIT_MS) });
  const token = /FARSHORE_AGENT_JOIN_TOKEN=(\S+)/.exec((await page.getByLabel('Command 1', { exact: true }).textContent()) ?? '')?.[1];
  expect(token).toMatch(/^fj1\.[\w-]+\.[0-9a-f]{64}$/);
  const controller = /--controller (\S+)/.exec((await page.getByLabel('Command 2', { exact: true }).textContent()) ?? '')?.[1];
  expect(controller).toMatch(/^https:/);
  await expectAccessible(page);

  await joinAgent(controller!, 'story-a', token!);
  await expect(page.getByText('joined, no report yet', { exact: true })).toBeVisible({ timeout: patient(WAIT_MS) });
  await expect(page.getByText('The token was used: the agent has joined.')).toBeVisible();
  await expect(page.getByText(/systemctl enable --now farshore-agent/)).toBeVisible();

  await page.getByRole('link', { name: SLUG }).click();
  await page.getByRole('button', { name: 'Retire story-a' }).click();
  const retiring = page.getByRole('dialog', { name: 'Retire story-a?' });
  await expect(retiring).toContainText('can’t be undone');
  await retiring.getByRole('button', { name: 'Retire story-a' }).click();
  await expect(page.getByText('No node is registered.')).toBeVisible({ timeout: patient(WAIT_MS) });
  await page.getByRole('button', { name: 'Retire cluster…' }).click();
  await page.getByRole('button', { name: 'Retire the cluster' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Clusters and nodes' })).toBeVisible({ timeout: patient(WAIT_MS) });
  await expect(page.getByRole('row', { name: new RegExp(SLUG) })).toBeHidden({ timeout: patient(WAIT_MS) });
  expect(errors).toEqual([]);
});

test('changed objectives show on the page of the cluster', async ({ page }) => {
  await signIn(page, 'admin');
  const change = async (amount: string) => {
    await open(page, 'clusters/payments');
    await page.getByRole('button', { name: 'Change policy' }).click();
    const dialog = page.getByRole('dialog', { name: /Policy of/ });
    await dialog.getByLabel('RPO: lose at most', { exact: true }).fill(amount);
    await dialog.getByLabel('Reason').fill('Agreed with the owners of it');
    await dialog.getByRole('button', { name: 'Save policy' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole('group', { name: 'Objectives' })).toContainText(`≤ ${amount} s`);
  };
  await change('7');
  await page.goto(`${readDemo().url}/clusters/payments`);
  await expect(page.getByText('RPO ≤ 7 s')).toBeVisible({ timeout: patient(WAIT_MS) });
  await change('5');
});

test('Farshore tells about itself: who leads, how old its data is, what is kept', async ({ page }) => {
  await signIn(page, 'viewer');
  await open(page, 'about');
  await expect(page.getByRole('row', { name: /running/ })).toContainText('leads');
  await expect(page.getByText(/\d+ per second/)).toBeVisible({ timeout: patient(WAIT_MS) });
  await expectAccessible(page);
  await open(page, 'retention');
  await expect(page.getByRole('row', { name: /Every sample/ })).toContainText('FARSHORE_RETENTION_RAW');
  await expectAccessible(page);
});
