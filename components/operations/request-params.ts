/** A request for a plan as it stands in the address of its page, and what of it is still to be chosen. */
import type { FenceMethod, OperationKind, OperationRequest, RejoinMethod } from '../../lib/domain/operation/model.ts';

export type Params = Readonly<Record<string, string | string[] | undefined>>;

/** What is chosen so far; `null` = not chosen, or not asked for by this kind. */
export interface Draft {
  kind: OperationKind;
  target: string | null;
  upstream: string | null;
  slot: string | null;
  fence: FenceMethod;
  method: RejoinMethod;
  switchBack: boolean;
  bytesPerSecondMax: number | null;
}

const FENCES: readonly FenceMethod[] = ['agent', 'command', 'override'];
const METHODS: readonly RejoinMethod[] = ['rewind', 're-clone', 'keep'];
const LONGEST_NAME_CHARACTERS = 63;
const BYTES_PER_MEGABYTE = 1024 * 1024;
const RATE_MEGABYTES_MAX = 100_000;

/** Whatever in the address is no choice counts as none. */
export function parseDraft(kind: OperationKind, params: Params): Draft {
  const name = (key: string): string | null => {
    const value = params[key];
    return typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME_CHARACTERS ? value : null;
  };
  const megabytes = Number(name('rate') ?? Number.NaN);
  return {
    kind,
    target: name('target'),
    upstream: name('upstream'),
    slot: name('slot'),
    fence: FENCES.find((fence) => fence === name('fence')) ?? 'agent',
    method: METHODS.find((method) => method === name('method')) ?? 'rewind',
    switchBack: name('back') === 'yes',
    bytesPerSecondMax:
      Number.isFinite(megabytes) && megabytes > 0 && megabytes <= RATE_MEGABYTES_MAX ? Math.round(megabytes * BYTES_PER_MEGABYTE) : null,
  };
}

/** The request, or `null` while something that it needs is not chosen. */
export function requestOf(draft: Draft): OperationRequest | null {
  const { kind, target, upstream, slot } = draft;
  if (kind === 'failover') return { kind, target, fence: draft.fence };
  if (target === null) return null;
  switch (kind) {
    case 'switchover':
    case 'restart':
    case 'reload':
      return { kind, target };
    case 'reversion':
      return { kind, target, method: draft.method, switchBack: draft.switchBack && draft.method !== 'keep' };
    case 'add-standby':
      return upstream === null ? null : { kind, target, upstream, bytesPerSecondMax: draft.bytesPerSecondMax };
    case 're-parent':
      return upstream === null ? null : { kind, target, upstream };
    case 'drop-slot':
      return slot === null ? null : { kind, target, slot };
  }
}

/** The choices as a query string, without what is not chosen; begins with `?`, or is empty. */
export function draftQuery(draft: Draft): string {
  const query = new URLSearchParams();
  const { kind } = draft;
  if (draft.target !== null) query.set('target', draft.target);
  if (kind === 'failover' && draft.fence !== 'agent') query.set('fence', draft.fence);
  if (kind === 'reversion' && draft.method !== 'rewind') query.set('method', draft.method);
  if (kind === 'reversion' && draft.switchBack) query.set('back', 'yes');
  if ((kind === 'add-standby' || kind === 're-parent') && draft.upstream !== null) query.set('upstream', draft.upstream);
  if (kind === 'add-standby' && draft.bytesPerSecondMax !== null) query.set('rate', String(draft.bytesPerSecondMax / BYTES_PER_MEGABYTE));
  if (kind === 'drop-slot' && draft.slot !== null) query.set('slot', draft.slot);
  return query.size === 0 ? '' : `?${query}`;
}

/** The page of a plan. */
export function planPath(slug: string, draft: Pick<Draft, 'kind'> & Partial<Draft>): string {
  const whole = { ...parseDraft(draft.kind, {}), ...draft };
  return `/clusters/${encodeURIComponent(slug)}/operations/new/${draft.kind}${draftQuery(whole)}`;
}
