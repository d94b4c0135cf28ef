/** Figures of one node over time: what `GET /api/series/:cluster/:node` answers and every chart shows. */
import { authorise } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import type { Series, SeriesMetric } from '../domain/charts/series.ts';
import { SERIES_METRICS } from '../domain/charts/series.ts';
import { isReadable } from '../domain/charts/time-range.ts';
import { POINTS_MAX, readSeries } from '../db/samples/chart-series.ts';
import { findNodeId } from '../db/fleet/node-details.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { canBeName } from '../domain/topology/slug.ts';

const POINTS_DEFAULT = 600;

export interface NodeSeriesRequest {
  cluster: string;
  node: string;
  metrics: SeriesMetric[];
  fromMs: number;
  toMs: number;
  pointsMax: number;
}

/** The request that an address makes, or a sentence about what is wrong with it. */
export function parseSeriesRequest(cluster: string, node: string, query: URLSearchParams, nowMs: number): NodeSeriesRequest | string {
  const names = [...new Set(query.getAll('metric').flatMap((value) => value.split(',')))];
  const metrics = names.filter((name): name is SeriesMetric => (SERIES_METRICS as readonly string[]).includes(name));
  if (metrics.length === 0 || metrics.length < names.length) return `Give metric as one or more of ${SERIES_METRICS.join(', ')}.`;
  const [fromMs, toMs] = [Date.parse(query.get('from') ?? ''), Date.parse(query.get('to') ?? '')];
  if (!isReadable({ fromMs, toMs }, nowMs)) {
    return 'Give from and to as UTC times such as 2026-11-21T12:00:00Z: from before to, at least 30 s and at most 730 d apart, not in the future.';
  }
  const points = query.get('points');
  const pointsMax = points === null ? POINTS_DEFAULT : Number(points);
  if (!Number.isInteger(pointsMax) || pointsMax < 1 || pointsMax > POINTS_MAX)
    return `Give points as a whole number from 1 to ${POINTS_MAX}.`;
  return { cluster, node, metrics, fromMs, toMs, pointsMax };
}

/** The series, or `null` when there is no such node for this actor. */
export async function readNodeSeries(actor: Actor, request: NodeSeriesRequest, db: Queryable = webDatabase()): Promise<Series | null> {
  if (!authorise(actor, 'cluster.read', { cluster: request.cluster })) return null;
  if (!canBeName(request.cluster) || !canBeName(request.node)) return null;
  const nodeId = await findNodeId(db, request.cluster, request.node);
  return nodeId === null ? null : readSeries(db, { ...request, nodeId });
}
