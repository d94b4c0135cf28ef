/** Agents fall silent, then the controller: no page shows a zero, or calls anything good, where nothing is known. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { demoDirectory, demoOfStory, readDemo } from '../fixtures/demo.ts';
import { lab, signIn } from '../fixtures/operator.ts';
import { expect, test } from '../fixtures/story.ts';
import { lastResort, patient } from '../../setup/patience.ts';
import { holds } from '../../test/invariant.ts';

const PAGES = [
  '/',
  '/clusters/payments',
  '/clusters/payments/nodes',
  '/clusters/payments/slots',
  '/clusters/payments/archive',
  '/clusters/payments/nodes/gcp-use4-a',
];
/** After 10 s without news a page calls a node unknown; the controller does after 5 s. */
const SILENCE_MS = 14_000;
const NO_ZERO = 'what is unknown is never shown as zero';
let frozen: number | null = null;

test.afterEach(async () => {
  if (frozen !== null) process.kill(frozen, 'SIGCONT');
  frozen = null;
});

/** The controller of this demo: looked for among the descendants of the demo's own process, and nowhere else. */
function controllerPid(): number {
  const demo = JSON.parse(readFileSync(path.join(demoDirectory(demoOfStory()), 'demo-process.json'), 'utf8')) as { pid: number };
  const waiting = [demo.pid];
  while (waiting.length > 0) {
    const pid = waiting.shift()!;
    if (commandOf(pid).some((word) => word.endsWith('controller/main.ts'))) return pid;
    waiting.push(...childrenOf(pid));
  }
  throw new Error('The controller of the demo was not found.');
}

function childrenOf(pid: number): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
      .map(Number);
  } catch {
    // It has none: pgrep then ends with 1.
    return [];
  }
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Figures of zero that stand in the page, outside of findings (whose evidence is of the past, and says so) and of counts of findings. */
async function zeros(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const zero = /(?<![\d.,:–-])0(?:[.]0+)? ?(?:ms|s|min|bytes?|[kMGT]?B|%)(?:\/s)?(?![\w])|^0$/;
    const walker = document.createTreeWalker(document.querySelector('main') ?? document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      // The axis of a chart begins at zero, whatever is known of the present.
      if (parent === null || parent.closest('svg, article, [role="group"][aria-label^="Show clusters"], [data-known-zero]') !== null)
        continue;
      if (!parent.checkVisibility() || !zero.test((node.textContent ?? '').trim())) continue;
      found.push(`${(parent.closest('dl > div, tr, [data-node], li') ?? parent).textContent?.trim().slice(0, 120)}`);
    }
    return found;
  });
}

/** Each of these pages says what is unknown, and shows no zero. */
async function expectNoZeros(page: Page, addresses: readonly string[] = PAGES): Promise<void> {
  for (const address of addresses) {
    await page.goto(readDemo().url + address);
    await expect(
      page
        .getByRole('main')
        .getByText(/unknown/i)
        .filter({ visible: true })
        .first(),
      `${address} says what is unknown`,
    ).toBeVisible();
    const found = await zeros(page);
    holds(NO_ZERO, () => expect(found, address).toEqual([]));
  }
}

test('agents of a cluster are silent: its figures are unknown on every page', async ({ page }) => {
  test.setTimeout(lastResort(180_000));
  await signIn(page, 'viewer');
  for (const { name, cluster } of readDemo().lab.nodes) {
    if (cluster === 'payments') await lab('kill', name, '--only', 'agent');
  }
  await page.waitForTimeout(SILENCE_MS);
  // The other cluster is well, and its zeros are true: only the silent one is looked at on the overview.
  await page.goto(readDemo().url);
  await page.getByRole('searchbox', { name: 'Search clusters' }).fill('payments');
  const shown = page.getByRole('list', { name: 'Clusters' });
  await expect(shown.getByRole('listitem')).toHaveCount(1);
  await expect(shown.getByText('RPO: Unknown')).toBeVisible();
  await expect(shown).not.toContainText(/\b0 (ms|s|bytes)\b/);
  await expectNoZeros(page, PAGES.slice(1));
  const { url, apiToken } = readDemo();
  const answer = await page.request.get(`${url}/api/v1/clusters/payments/topology`, { headers: { authorization: `Bearer ${apiToken}` } });
  const { nodes, rpo } = (await answer.json()) as {
    nodes: { state: string; lag: Record<string, number | null> }[];
    rpo: Record<string, unknown>;
  };
  holds(NO_ZERO, () => {
    expect(rpo).toMatchObject({ state: 'unknown', boundSeconds: null, boundBytes: null });
    for (const { state, lag } of nodes) {
      expect(state).toBe('unknown');
      expect(Object.values(lag)).toEqual([null, null, null, null]);
    }
  });
});

test('the controller stands still: open pages and fresh ones stop calling anything known, on a telephone too', async ({ page }) => {
  test.setTimeout(lastResort(180_000));
  await signIn(page, 'viewer');
  await page.goto(`${readDemo().url}/clusters/payments`);
  await expect(page.getByText(/^live/)).toBeVisible();
  frozen = controllerPid();
  process.kill(frozen, 'SIGSTOP');
  await expect(page.getByText(/controller has not reported since/)).toBeVisible({ timeout: patient(30_000) });
  const found = await zeros(page);
  holds(NO_ZERO, () => expect(found).toEqual([]));
  await expect(page.locator('main [data-live="good"]')).toHaveCount(0);
  await expect(page.getByRole('navigation', { name: 'Main' }).first()).toContainText('number of open findings unknown', {
    timeout: patient(25_000),
  });
  await expectNoZeros(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoZeros(page);
});
