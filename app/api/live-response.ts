import { actorAgain } from '@/lib/auth/session.ts';
import type { Actor } from '@/lib/domain/policy/permissions.ts';
import type { ClusterView } from '@/lib/domain/topology/model.ts';
import { STREAMS_PER_PERSON_MAX } from '@/lib/queries/live-hub.ts';
import { EVENT_STREAM_HEADERS, openLiveStream } from '@/lib/queries/live-stream.ts';
import { OPERATION_STREAMS_PER_PERSON_MAX } from '@/lib/queries/operations/live.ts';
import type { OperationStreamOptions } from '@/lib/queries/operations/live-stream.ts';
import { problemResponse } from './problem-response.ts';

/** A stream of cluster views for one caller; a problem when the caller holds too many. */
export function liveResponse(
  request: Request,
  actor: Actor,
  slug: string | null,
  present: (views: readonly ClusterView[], nowMs: number) => unknown,
): Response {
  const authorization = request.headers.get('authorization');
  const stream = openLiveStream({
    ...{ actor, slug, present, signal: request.signal },
    actorNow: () => actorAgain(actor, authorization),
  });
  if (stream === null) return problemResponse(429, `More than ${STREAMS_PER_PERSON_MAX} live pages are open. Close some of them.`);
  return new Response(stream, { headers: EVENT_STREAM_HEADERS });
}

/** A stream of one run for one caller; a problem when the caller holds too many. */
export function operationStreamResponse(
  request: Request,
  actor: Actor,
  open: (watching: Omit<OperationStreamOptions, 'id'>) => ReadableStream<Uint8Array> | null,
): Response {
  const authorization = request.headers.get('authorization');
  const stream = open({ actor, signal: request.signal, actorNow: () => actorAgain(actor, authorization) });
  if (stream === null) {
    return problemResponse(429, `More than ${OPERATION_STREAMS_PER_PERSON_MAX} streams of operations are open. Close some of them.`);
  }
  return new Response(stream, { headers: EVENT_STREAM_HEADERS });
}
