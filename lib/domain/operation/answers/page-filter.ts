/** Which operations a page lists, as it stands in its address: what is not understood counts as no filter. */
import type { OperationKind, OperationState } from '../model.ts';
import { ENDED_STATES, OPERATION_STATES } from '../model.ts';
import { isKind } from '../kinds/registry.ts';
import { canBeName } from '../../topology/slug.ts';
import type { Params } from '../request-address.ts';

export type Which = 'all' | 'under-way' | 'ended' | 'unread';

export interface PageFilter {
  /** `null` = any. */
  cluster: string | null;
  kind: OperationKind | null;
  which: Which;
}

const WHICH: readonly Which[] = ['all', 'under-way', 'ended', 'unread'];

export function parsePageFilter(params: Params): PageFilter {
  const one = (key: string): string | null => (typeof params[key] === 'string' && params[key] !== '' ? params[key] : null);
  const cluster = one('cluster');
  const kind = one('kind') ?? '';
  return {
    cluster: cluster !== null && canBeName(cluster) ? cluster : null,
    kind: isKind(kind) ? kind : null,
    which: WHICH.find((which) => which === one('which')) ?? 'all',
  };
}

export function listQuery(filter: PageFilter): string {
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
