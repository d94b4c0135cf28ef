/** Which announced work counts now. Pure. */
import type { MaintenanceView } from '../operation/answers/answers.ts';

/** What has not ended by itself; of one node, also what holds for its whole cluster. */
export function openWindows(windows: readonly MaintenanceView[], nowMs: number, node: string | null): MaintenanceView[] {
  return windows.filter((window) => Date.parse(window.endsAt) > nowMs && (node === null || window.node === null || window.node === node));
}

/** The nodes that are under maintenance now, by their own announcement or by that of the whole cluster. */
export function maintainedNodes(windows: readonly MaintenanceView[], nowMs: number, names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name) => openWindows(windows, nowMs, name).length > 0));
}
