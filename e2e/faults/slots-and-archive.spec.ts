/** A DBA loses a standby, then the archive, then a segment in the repository, and is told what it costs and what to do. */
import type { Page } from '@playwright/test';
import { readDemo } from '../fixtures/demo.ts';
import { collectConsoleErrors, expectAccessible, expectNoSidewaysScroll, lab, signIn } from '../fixtures/operator.ts';
import { archivedSegments, takeAwaySegment } from '../fixtures/repository.ts';
import { expect, test } from '../fixtures/story.ts';
import { lastResort, patient } from '../../setup/patience.ts';

/** Facts, and with them the listing of the repository, come each minute. */
const FACTS_DEADLINE_MS = 150_000;
const ARCHIVED_DEADLINE_MS = 120_000;
const PHONE = { width: 390, height: 844 };

const open = (page: Page, section: 'slots' | 'archive', slug = 'payments') => page.goto(`${readDemo().url}/clusters/${slug}/${section}`);

test('a lost standby: its slot turns inactive, keeps more and more, and the steps stand in their order', async ({ page }) => {
  test.setTimeout(lastResort(180_000));
  const errors = collectConsoleErrors(page);
  await signIn(page, 'operator');
  await open(page, 'slots');
  await expect(page.getByRole('heading', { level: 1, name: /Slots & disk/ })).toBeVisible();
  const table = page.getByRole('region', { name: 'Replication slots by node' });
  const slot = table.getByRole('row', { name: /^rax_dfw_a/ });
  await expect(slot).toContainText('active');
  await expect(slot).toContainText('rax-dfw-a');
  await expect(page.getByRole('region', { name: 'Volumes' })).toContainText('WAL directory');
  await expectAccessible(page);
  // Gone after any reload: proves below that there was none.
  await page.evaluate(() => (document.documentElement.dataset['story'] = 'unloaded'));

  await lab('kill', 'rax-dfw-a');
  await lab('fill-wal', 'aws-use1-a');
  await expect(slot).toContainText('inactive', { timeout: patient(30_000) });
  const risk = page.getByRole('article', { name: 'Slot rax_dfw_a on aws-use1-a' });
  await expect(risk).toContainText('critical', { timeout: patient(60_000) });
  await expect(risk).toContainText(/Until it is lost: .*(min|s)\b/);
  const keptBytes = async () => bytesOf(/Retains ([\d.]+) (kB|MB|GB) of WAL/.exec((await risk.textContent()) ?? ''));
  const before = await keptBytes();
  await expect.poll(keptBytes, { timeout: patient(30_000) }).toBeGreaterThan(before);
  await expect(risk.getByRole('listitem')).toHaveCount(3);
  await expect(risk.getByRole('listitem').nth(0)).toContainText('Bring rax-dfw-a back');
  await expect(risk.getByRole('listitem').nth(1)).toContainText('max_slot_wal_keep_size');
  await expect(risk.getByRole('listitem').nth(2)).toContainText("pg_drop_replication_slot('rax_dfw_a')");
  await expect(risk.getByRole('listitem').nth(2)).toContainText(/base backup of [\d.]+ MB/);
  await expectAccessible(page);

  await lab('heal');
  await expect(slot).not.toContainText('inactive', { timeout: patient(60_000) });
  expect(await page.evaluate(() => document.documentElement.dataset['story'])).toBe('unloaded');
  expect(errors).toEqual([]);
});

function bytesOf(match: RegExpExecArray | null): number {
  const power = ['kB', 'MB', 'GB'].indexOf(match?.[2] ?? '') + 1;
  return match === null ? 0 : Number(match[1]) * 1024 ** power;
}

test('a silent agent: slots and archive are what was seen last, and nothing about them is green', async ({ page }) => {
  await signIn(page, 'viewer');
  await open(page, 'slots');
  const slot = page.getByRole('region', { name: 'Replication slots by node' }).getByRole('row', { name: /^aws_use1_b/ });
  await expect(slot).toContainText('active');
  await lab('kill', '--only', 'agent', 'aws-use1-a');
  await expect(slot).toContainText('was active', { timeout: patient(30_000) });
  await expect(slot).toContainText('unknown');
  await expect(page.getByRole('region', { name: 'Nodes that are not fully seen' })).toContainText('aws-use1-a');
  await open(page, 'archive');
  await expect(page.getByRole('article', { name: 'Archiving on aws-use1-a' })).toContainText('unknown');
  await expectAccessible(page);
});

test('a broken archive: failing since, in the server’s own words', async ({ page }) => {
  const errors = collectConsoleErrors(page);
  await signIn(page, 'operator');
  await open(page, 'archive');
  const archiver = page.getByRole('article', { name: 'Archiving on aws-use1-a' });
  await expect(archiver).toContainText('archiving');
  await expectAccessible(page);
  await lab('break-archive', 'aws-use1-a');
  await expect(archiver).toContainText('Failing since', { timeout: patient(60_000) });
  const log = archiver.getByLabel('Server log of aws-use1-a');
  await expect(log).toContainText('archive command failed with exit code', { timeout: patient(60_000) });
  await expect(log).toContainText('unable to find a valid repository');
  await expect(archiver).toContainText(/segments? (is|are) waiting/);
  await expectAccessible(page);
  await lab('heal');
  await expect(archiver).not.toContainText('Failing', { timeout: patient(60_000) });
  expect(errors).toEqual([]);
});

test('a segment that vanished from the repository is named, with the recovery that it costs', async ({ page }) => {
  test.setTimeout(lastResort(360_000));
  await signIn(page, 'operator');
  await open(page, 'archive', 'payments');
  const chain = page.getByRole('region', { name: 'Chain of WAL' });
  await expect(chain).toContainText('No segment is missing', { timeout: patient(FACTS_DEADLINE_MS) });
  await expect(page.getByRole('region', { name: 'Backups', exact: true })).toContainText('WAL complete', {
    timeout: patient(FACTS_DEADLINE_MS),
  });
  // Behind the backup, and with later ones behind it.
  await lab('fill-wal', 'aws-use1-a');
  const known = archivedSegments('payments').length;
  await expect.poll(() => archivedSegments('payments').length, { timeout: patient(ARCHIVED_DEADLINE_MS) }).toBeGreaterThan(known + 3);
  // An agent lists the repository when it starts, and then each minute.
  await lab('kill', '--only', 'agent', 'aws-use1-a');
  const segment = archivedSegments('payments').at(-3)!;
  const putBack = takeAwaySegment('payments', segment);
  try {
    await lab('heal');
    const hole = chain.getByRole('article', { name: `Hole ${segment}` });
    await expect(hole).toBeVisible({ timeout: patient(FACTS_DEADLINE_MS) });
    await expect(hole).toContainText('can be recovered until a new backup is taken');
    await expect(page.getByRole('region', { name: 'What can be recovered' })).toContainText('1 hole');
    await expect(page.getByRole('region', { name: 'Backups', exact: true })).toContainText(`stops at the gap ${segment}`);
    await expectAccessible(page);
    await page.setViewportSize(PHONE);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.goto(`${readDemo().url}/clusters/payments`);
    await expect(page.getByRole('region', { name: 'Findings' })).toContainText('archive-gap', { timeout: patient(30_000) });
  } finally {
    putBack();
  }
});
