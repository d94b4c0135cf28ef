/** Selects the maintenance windows in force. */
import type { MaintenanceView } from '../operation/answers/answers.ts';

/** Not yet ended; for a node, windows of its whole cluster count too. */
export function openWindows(windows: readonly MaintenanceView[], nowMs: number, node: string | null): MaintenanceView[] {
  return windows.filter((window) => Date.parse(window.endsAt) > nowMs && (node === null || window.node === null || window.node === node));
}

/** The nodes that are under maintenance now, by their own announcement or by that of the whole cluster. */
export function maintainedNodes(windows: readonly MaintenanceView[], nowMs: number, names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name) => openWindows(windows, nowMs, name).length > 0));
}
