/** The former primary that is brought back: what it is at the beginning of a run, and what must hold of it. */
import { followUps } from '../../lib/domain/operation/machine/machine.ts';
import type { Plan, Run } from '../../lib/domain/operation/model.ts';
import type { ModelPostgres, WalRecord } from './model-postgres.ts';

/** It wrote on alone, on the old timeline, and its host lost power. */
export function leaveBehind(node: ModelPostgres, base: readonly WalRecord[]): void {
  node.wal = [...base, { timeline: 1, row: null, mark: `only ${node.name} has it` }];
  node.upstream = null;
  node.crash();
}

/** Always. `returning`: the former primary; absent = there is none. */
export function copyViolations(nodes: Iterable<ModelPostgres>, returning: string | undefined): string[] {
  return [...nodes]
    .filter(({ isHalfCopied }) => isHalfCopied)
    .flatMap((node) => [
      ...(node.process === 'running' ? [`${node.name} was started from a directory that is half a copy`] : []),
      ...(node.name === returning && !node.ledgerKept ? [`what only ${node.name} had was overwritten before it was kept`] : []),
    ]);
}

/** At the end of a reversion that says it is done and leaves nothing to look at. */
export function whyNotBack(plan: Plan, run: Run, node: ModelPostgres | undefined, primary: ModelPostgres): string[] {
  if (node === undefined || run.state !== 'done' || followUps(plan, run).length > 0) return [];
  const follows = node.process === 'running' && node.inRecovery && node.timeline === primary.timeline;
  return follows ? [] : [`done, but ${node.name} does not follow`];
}
