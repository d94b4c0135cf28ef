/** Writes measured values as evidence, each with its unit. */
import type { Evidence } from './model.ts';

export const text = (value: string | null): Evidence => ({ kind: 'text', value });
export const count = (value: number | null): Evidence => ({ kind: 'count', value });
export const bytes = (value: number | null): Evidence => ({ kind: 'bytes', value });
export const rate = (value: number | null): Evidence => ({ kind: 'bytesPerSecond', value });
export const duration = (value: number | null): Evidence => ({ kind: 'durationMs', value });
export const minutes = (value: number | null): Evidence => duration(value === null ? null : value * 60_000);
export const instant = (value: string | null): Evidence => ({ kind: 'instant', value });
export const instantAt = (valueMs: number | null): Evidence => instant(valueMs === null ? null : new Date(valueMs).toISOString());
