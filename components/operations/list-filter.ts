/** Which operations are listed, as it stands in the address. */
import type { OperationKind, OperationState } from '../../lib/domain/operation/model.ts';
import { ENDED_STATES, OPERATION_STATES } from '../../lib/domain/operation/model.ts';
import type { Params } from './request-params.ts';
import { isKind } from './words.ts';

export type Which = 'all' | 'under-way' | 'ended' | 'unread';

export interface ListFilter {
  /** `null` = any. */
  cluster: string | null;
  kind: OperationKind | null;
  which: Which;
}

const LONGEST_SLUG_CHARACTERS = 63;
const WHICH: readonly Which[] = ['all', 'under-way', 'ended', 'unread'];

export function parseListFilter(params: Params): ListFilter {
  const one = (key: string): string | null => (typeof params[key] === 'string' && params[key] !== '' ? params[key] : null);
  const cluster = one('cluster');
  const kind = one('kind') ?? '';
  return {
    cluster: cluster !== null && cluster.length <= LONGEST_SLUG_CHARACTERS && !cluster.includes('\0') ? cluster : null,
    kind: isKind(kind) ? kind : null,
    which: WHICH.find((which) => which === one('which')) ?? 'all',
  };
}

export function listQuery(filter: ListFilter): string {
  const query = new URLSearchParams();
  if (filter.cluster !== null) query.set('cluster', filter.cluster);
  if (filter.kind !== null) query.set('kind', filter.kind);
  if (filter.which !== 'all') query.set('which', filter.which);
  return query.size === 0 ? '' : `?${query}`;
}

/** The states that a filter stands for; `null` = all. What nobody has read yet has ended. */
export function statesOf(which: Which): OperationState[] | null {
  const ended: readonly OperationState[] = ENDED_STATES;
  switch (which) {
    case 'all':
      return null;
    case 'under-way':
      return OPERATION_STATES.filter((state) => !ended.includes(state));
    case 'ended':
    case 'unread':
      return [...ended];
  }
}
