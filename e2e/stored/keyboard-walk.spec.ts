/**
 * Every link and control of the console by keyboard: each page that is reachable by links is opened once (one of each kind), Tab goes
 * through all of it, and whatever can be operated must have been reached, in sight, with a focus that is seen.
 */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/attempts.ts';
import { readRecorded } from '../fixtures/recorded-fleet.ts';
import { signIn } from '../fixtures/operator.ts';
import { lastResort } from '../../setup/patience.ts';

/** A page has fewer stops than this; more means that the focus runs in a circle that never ends. */
const STOPS_MAX = 400;
const PAGES_MAX = 30;
const WIDTHS = [1440, 390];
/** A page has settled when its controls are the same for so long. */
const STEADY_MS = 500;
const SETTLE_POLL_MS = 100;
const SETTLE_MAX_MS = 3_000;
const CONTROLS =
  'a[href], button, input, select, textarea, summary, [role="button"], [role="tab"], [role="option"], [tabindex]:not([tabindex="-1"])';

/** Pages of one kind differ in names only. */
const kindOf = (path: string): string =>
  path
    .replace(/^\/clusters\/[^/]+/, '/clusters/:cluster')
    .replace(/\/nodes\/[^/]+$/, '/nodes/:node')
    .replace(/\/[0-9a-f-]{36}/g, '/:id');

interface Stop {
  index: number;
  /** Named in the message. */
  what: string;
  inSight: boolean;
  focusSeen: boolean;
}

/** Numbers everything that can be operated; returns what they are. Things that a person can't see are not counted. */
async function numberControls(page: Page): Promise<string[]> {
  return page.evaluate((selector) => {
    // Marks of a walk at another width no longer count.
    document.querySelectorAll<HTMLElement>('[data-walk]').forEach((element) => delete element.dataset['walk']);
    const seen = [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => {
      if (element.matches('[role="tablist"]')) return false; // Hands the focus on to the tab that holds.
      if (element.closest('[inert], [aria-hidden="true"]') !== null || (element as HTMLButtonElement).disabled) return false;
      // Of a row of tabs the chosen one is a stop; the arrow keys continue from there, as the pattern wants it.
      if (element.getAttribute('role') === 'tab' && element.getAttribute('aria-selected') !== 'true') return false;
      if (element instanceof HTMLInputElement && element.type === 'radio' && !element.checked) return false;
      return element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
    });
    seen.forEach((element, index) => (element.dataset['walk'] = String(index)));
    return seen.map(
      (element) => `${element.tagName.toLowerCase()} “${(element.ariaLabel ?? element.textContent ?? '').trim().slice(0, 60)}”`,
    );
  }, CONTROLS);
}

/** `null` when it is nothing. */
async function presentStop(page: Page): Promise<Stop | null> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    if (element === null || element === document.body) return null;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const outlined = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0;
    // A field whose caret is in it shows that by the caret and its frame.
    const typing = element.matches('input, textarea');
    return {
      index: Number(element.dataset['walk'] ?? -1),
      what: `${element.tagName.toLowerCase()} “${(element.ariaLabel ?? element.textContent ?? '').trim().slice(0, 60)}”`,
      inSight: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
      focusSeen: outlined || typing,
    };
  });
}

async function walk(page: Page): Promise<{ controls: string[]; stops: Stop[] }> {
  await page.evaluate(() => {
    // Blurring alone would let Tab continue from where the last walk ended.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    window.scrollTo(0, 0);
  });
  const controls = await numberControls(page);
  const stops: Stop[] = [];
  for (let count = 0; count < STOPS_MAX; count += 1) {
    await page.keyboard.press('Tab');
    const stop = await presentStop(page);
    // A date has several stops of its own: day, month, year and the calendar.
    const isInside = stop !== null && stop.index >= 0 && stop.index === stops.at(-1)?.index;
    if (isInside) continue;
    if (stop === null || stops.some((earlier) => earlier.index >= 0 && earlier.index === stop.index)) return { controls, stops };
    stops.push(stop);
  }
  throw new Error(`The focus did not come to an end within ${STOPS_MAX} stops.`);
}

async function internalLinks(page: Page): Promise<string[]> {
  return page.evaluate(() => [
    ...new Set(
      [...document.querySelectorAll<HTMLAnchorElement>('a[href]')]
        .map((link) => new URL(link.href))
        .filter((url) => url.origin === location.origin && !url.pathname.startsWith('/api/'))
        .map((url) => url.pathname),
    ),
  ]);
}

/** Until nothing comes or goes any more: what is loaded late, and what is only there on a screen of this width. */
async function settle(page: Page): Promise<void> {
  const endMs = performance.now() + SETTLE_MAX_MS;
  let count = -1;
  let sinceMs = performance.now();
  while (performance.now() - sinceMs < STEADY_MS && performance.now() < endMs) {
    const now = await page.locator(CONTROLS).count();
    if (now !== count) [count, sinceMs] = [now, performance.now()];
    await page.waitForTimeout(SETTLE_POLL_MS);
  }
}

/** Problems of the page as it is open now. */
async function problemsOf(page: Page, where: string): Promise<string[]> {
  const { controls, stops } = await walk(page);
  const reached = new Set(stops.map(({ index }) => index));
  // Elements that came or went with live data are judged by what is there at the end.
  const left = new Set(
    await page.evaluate(() => [...document.querySelectorAll<HTMLElement>('[data-walk]')].map((element) => Number(element.dataset['walk']))),
  );
  return [
    ...controls.flatMap((what, index) => (!reached.has(index) && left.has(index) ? [`${where}: ${what} is not reached by Tab`] : [])),
    ...stops.flatMap(({ what, inSight }) => (inSight ? [] : [`${where}: ${what} has the focus out of sight`])),
    ...stops.flatMap(({ what, focusSeen }) => (focusSeen ? [] : [`${where}: the focus on ${what} is not seen`])),
  ];
}

test('every page, link by link, on a wide screen and on a telephone', async ({ page }) => {
  test.setTimeout(lastResort(480_000));
  await signIn(page, 'admin', readRecorded());
  const waiting = ['/'];
  const kinds = new Set<string>();
  const problems: string[] = [];
  while (waiting.length > 0 && kinds.size < PAGES_MAX) {
    const path = waiting.shift()!;
    if (kinds.has(kindOf(path))) continue;
    kinds.add(kindOf(path));
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      if (width === WIDTHS[0]) {
        const response = await page.goto(readRecorded().url + path);
        expect.soft(response?.status(), `a link leads to ${path}`).toBe(200);
        if (response?.status() !== 200) break;
        await expect(page.getByRole('main').first()).toBeVisible();
      }
      await settle(page);
      waiting.push(...(await internalLinks(page)));
      problems.push(...(await problemsOf(page, `${path} at ${width} px`)));
    }
  }
  expect(problems).toEqual([]);
  expect([...kinds]).toEqual(expect.arrayContaining(['/', '/clusters/:cluster', '/clusters/:cluster/nodes']));
});

test('what opens, opens by Enter, closes by Escape, and gives the focus back', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  await page.goto(`${readRecorded().url}/clusters/payments`);
  await expect(page.getByText(/^live/)).toBeVisible();
  const openers = [
    { name: /^Account /, opens: 'menu' as const },
    { name: 'Go to a cluster, node or page', opens: 'dialog' as const },
    { name: 'How is this measured: RPO state', opens: 'dialog' as const },
    { name: /^aws-use1-a, primary/, opens: 'dialog' as const },
  ];
  for (const { name, opens } of openers) {
    const opener = page.getByRole('button', { name });
    await opener.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole(opens)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole(opens)).toBeHidden();
    await expect(opener, String(name)).toBeFocused();
  }
  // Arrow keys go through the tabs, and the choice follows.
  await page.getByRole('tab', { name: 'Graph' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tabpanel').getByRole('table')).toBeVisible();
  await page.keyboard.press('Control+Home');
});

test('“Skip to content” leads past the header', async ({ page }) => {
  await signIn(page, 'viewer', readRecorded());
  await page.goto(`${readRecorded().url}/clusters/payments`);
  // The placeholder has nothing to lead to, and takes the place in the page with it when it goes.
  await expect(page.getByRole('tab', { name: 'Graph' })).toBeVisible();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  // The focus moves when the address has.
  await expect(page).toHaveURL(/#content$/);
  await page.keyboard.press('Tab');
  const inMain = await page.evaluate(() => document.activeElement?.closest('main') !== null);
  expect(inMain).toBe(true);
});
