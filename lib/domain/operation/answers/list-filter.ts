/** The filter of `GET /api/v1/operations`, as an address carries it: what is not understood is refused. */
import { canBeName } from '../../topology/slug.ts';
import { OPERATION_KINDS } from '../kinds/registry.ts';
import { ENDED_STATES, OPERATION_STATES, isEnded } from '../model.ts';
import type { OperationKind, OperationState } from '../model.ts';

export const OPERATIONS_LISTED_MAX = 200;

export interface OperationListFilter {
  cluster?: string | null;
  kinds?: readonly OperationKind[] | null;
  states?: readonly OperationState[] | null;
  /** From the answer before. One that can't be read begins with the newest. */
  cursor?: string | null;
  /** At most OPERATIONS_LISTED_MAX. */
  limit?: number;
}

export type ParsedFilter = { ok: true; value: OperationListFilter } | { ok: false; reasons: string[] };

/** Words that stand for several states. */
const STATE_GROUPS: Record<string, readonly OperationState[]> = {
  open: OPERATION_STATES.filter((state) => !isEnded(state)),
  ended: ENDED_STATES,
};

/** An empty value is as none. What is not understood is refused, not passed over: a filter that does nothing would mislead. */
export function parseListFilter(query: URLSearchParams): ParsedFilter {
  const reasons: string[] = [];
  const kinds = words(query, 'kind').map((word) => {
    if (!isOneOf(OPERATION_KINDS, word)) reasons.push(`There is no kind of operation “${word}”: ${OPERATION_KINDS.join(', ')}.`);
    return word as OperationKind;
  });
  const states = words(query, 'state').flatMap((word): readonly OperationState[] => {
    const group = Object.hasOwn(STATE_GROUPS, word) ? STATE_GROUPS[word] : undefined;
    if (group !== undefined) return group;
    if (!isOneOf(OPERATION_STATES, word)) reasons.push(`There is no state “${word}”: open, ended, ${OPERATION_STATES.join(', ')}.`);
    return [word as OperationState];
  });
  const limitText = query.get('limit') ?? '';
  const limit = limitText === '' ? undefined : Number(limitText);
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= OPERATIONS_LISTED_MAX)) {
    reasons.push(`limit is a whole number from 1 to ${OPERATIONS_LISTED_MAX}.`);
  }
  const cluster = query.get('cluster') ?? '';
  if (!canBeName(cluster) || !/^[a-z0-9-]*$/.test(cluster)) reasons.push('cluster is the short name of a cluster.');
  if (reasons.length > 0) return { ok: false, reasons };
  return {
    ok: true,
    value: {
      cluster: cluster === '' ? null : cluster,
      kinds: kinds.length === 0 ? null : kinds,
      states: states.length === 0 ? null : states,
      cursor: query.get('cursor'),
      ...(limit === undefined ? {} : { limit }),
    },
  };
}

const words = (query: URLSearchParams, name: string): string[] => (query.get(name) ?? '').split(',').filter((word) => word !== '');
const isOneOf = (list: readonly string[], word: string): boolean => list.includes(word);
