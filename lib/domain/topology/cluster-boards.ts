/** Computes what the slots and archive pages show, from the same picture as the view and its findings. */
import type { ArchiveBoard } from '../archive/board.ts';
import { archiveBoard } from '../archive/board.ts';
import type { Finding } from '../findings/model.ts';
import type { RuleContext } from '../findings/rule.ts';
import type { SlotBoard } from '../slots/board.ts';
import { slotBoard } from '../slots/board.ts';

export interface ClusterBoards {
  slots: SlotBoard;
  archive: ArchiveBoard;
}

/** `open`: the cluster's open findings; what they call critical is never shown as less. */
export function clusterBoards(context: RuleContext, open: readonly Finding[]): ClusterBoards {
  return { slots: slotBoard(context, open), archive: archiveBoard(context.sightings, open, context.nowMs) };
}
