/** Measures a page in Chromium: figures that the browser itself measures. */
import type { BrowserContext, CDPSession, Page } from '@playwright/test';

/** Put into a page before its own scripts: observers of paint, shift and interaction, and a counter of drawn cards. */
function instrument(): void {
  const found: PageFigures = { lcpMs: 0, shift: 0, interactions: [], drawnCards: [] };
  (window as unknown as { bench: typeof found }).bench = found;
  const observe = (type: string, each: (entry: PerformanceEntry & Record<string, unknown>) => void, more: object = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => each(entry as never))).observe({
      type,
      buffered: true,
      ...more,
    });
  observe('largest-contentful-paint', (entry) => (found.lcpMs = entry.startTime));
  observe('layout-shift', (entry) => {
    if (entry['hadRecentInput'] !== true) found.shift += entry['value'] as number;
  });
  observe(
    'event',
    (entry) => {
      if (!((entry['interactionId'] as number) > 0)) return;
      const { startTime, duration, processingStart, processingEnd } = entry as unknown as PerformanceEventTiming;
      const target = entry['target'] as Element | null;
      found.interactions.push({
        totalMs: duration,
        what: `${entry.name} on ${target?.getAttribute('aria-label') ?? target?.textContent?.slice(0, 30) ?? 'what is gone'}`,
        waitMs: processingStart - startTime,
        workMs: processingEnd - processingStart,
        paintMs: startTime + duration - processingEnd,
      });
    },
    { durationThreshold: 16 },
  );

  interface Fiber {
    tag: number;
    flags: number;
    child: Fiber | null;
    sibling: Fiber | null;
    alternate: Fiber | null;
    memoizedProps: { face?: { name?: string; slug?: string }; box?: unknown } | null;
  }
  const FUNCTION_COMPONENT = 0;
  const PERFORMED_WORK = 1;
  /** Walks only what this commit touched; a subtree that React left alone keeps its very fibers. */
  const drawn = (next: Fiber, into: string[]): void => {
    const name = next.memoizedProps?.face?.name;
    if (
      next.tag === FUNCTION_COMPONENT &&
      name !== undefined &&
      next.memoizedProps?.box !== undefined &&
      (next.flags & PERFORMED_WORK) !== 0
    ) {
      into.push(name);
    }
    if (next.alternate !== null && next.child === next.alternate.child) return;
    for (let child = next.child; child !== null; child = child.sibling) drawn(child, into);
  };
  (window as unknown as Record<string, unknown>)['__REACT_DEVTOOLS_GLOBAL_HOOK__'] = {
    supportsFiber: true,
    inject: () => 1,
    checkDCE: () => undefined,
    onCommitFiberUnmount: () => undefined,
    onPostCommitFiberRoot: () => undefined,
    onCommitFiberRoot: (_id: number, root: { current: Fiber }) => {
      const names: string[] = [];
      drawn(root.current, names);
      if (names.length > 0) found.drawnCards.push(names);
    },
  };
}

/** From the input to the frame that shows what it did. The browser counts in steps of 8 ms. */
export interface Interaction {
  what: string;
  totalMs: number;
  /** Until the page began to handle it, while it did, and until the frame. */
  waitMs: number;
  workMs: number;
  paintMs: number;
}

export interface PageFigures {
  lcpMs: number;
  shift: number;
  interactions: Interaction[];
  drawnCards: string[][];
}

export async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(instrument);
  await page.goto(url, { waitUntil: 'load' });
  return page;
}

export function pageFigures(page: Page): Promise<PageFigures> {
  return page.evaluate(() => (window as unknown as { bench: PageFigures }).bench);
}

export async function forgetDrawnCards(page: Page): Promise<void> {
  await page.evaluate(() => {
    (window as unknown as { bench: PageFigures }).bench.drawnCards = [];
  });
}

/** Bytes of JavaScript as they came over the wire (compressed) since the page was opened. */
export function scriptBytes(page: Page): Promise<number> {
  return page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter((entry) => new URL(entry.name).pathname.endsWith('.js'))
      .reduce((total, entry) => total + (entry as PerformanceResourceTiming).encodedBodySize, 0),
  );
}

/** Bytes of the JavaScript heap after a collection, and how many DOM nodes the page holds. */
export async function heapOf(session: CDPSession): Promise<{ bytes: number; domNodes: number }> {
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes } = await session.send('Memory.getDOMCounters');
  return { bytes: usedSize, domNodes: nodes };
}
