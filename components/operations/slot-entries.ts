/** The slots of a cluster as choices for dropping one. Pure. */
import { formatBytes } from '../../lib/domain/format/quantity.ts';
import type { StorageNode } from '../../lib/domain/slots/board.ts';
import type { SlotEntry } from './field-input.tsx';

export function slotEntries(nodes: readonly Pick<StorageNode, 'name' | 'slots'>[]): SlotEntry[] {
  return nodes.flatMap((node) =>
    node.slots.map(({ name, active, owner, retainedBytes, type }) => ({
      node: node.name,
      name,
      note: [
        active ? 'in use' : 'no active consumer',
        owner === null ? 'named after no node of this cluster' : `of ${owner.name}`,
        `retains ${formatBytes(retainedBytes)} of WAL`,
        ...(type === 'logical' ? ['logical'] : []),
      ].join(' · '),
      why: active ? 'It is in use. Stop its consumer, or repoint it first.' : null,
    })),
  );
}
