/** Every kind of operation. Written by setup/registries.ts from the files in this folder. */
import type { Kind } from '../kind.ts';
import type { OperationKind } from '../model.ts';
import { addStandby } from './add-standby.ts';
import { confirmPromotion } from './confirm-promotion.ts';
import { dropSlot } from './drop-slot.ts';
import { failover } from './failover.ts';
import { reParent } from './re-parent.ts';
import { reload } from './reload.ts';
import { restart } from './restart.ts';
import { reversion } from './reversion.ts';
import { switchover } from './switchover.ts';

const KINDS: { readonly [K in OperationKind]: Kind<K> } = {
  'add-standby': addStandby,
  'confirm-promotion': confirmPromotion,
  'drop-slot': dropSlot,
  failover,
  're-parent': reParent,
  reload,
  restart,
  reversion,
  switchover,
};

export const kindOf = (kind: OperationKind): Kind => KINDS[kind] as Kind;
/** In the order in which people meet them. */
export const KIND_LIST: readonly Kind[] = (Object.values(KINDS) as Kind[]).toSorted((a, b) => a.place - b.place);
export const OPERATION_KINDS: readonly OperationKind[] = KIND_LIST.map(({ kind }) => kind);
export const isKind = (text: string): text is OperationKind => Object.hasOwn(KINDS, text);
