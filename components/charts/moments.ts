/** Times on charts, in the viewer's zone. Only for the browser: a server does not know the zone. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Local minus UTC at that moment. */
export const zoneOffsetMs = (atMs: number): number => -new Date(atMs).getTimezoneOffset() * 60_000;

/** As short as the period allows: `14:05:30` within minutes, `14:05` within days, else the day. */
export function tickText(atMs: number, lengthMs: number): string {
  const moment = new Date(atMs);
  const isMidnight = (atMs + zoneOffsetMs(atMs)) % DAY_MS === 0;
  if (lengthMs > 6 * DAY_MS || (isMidnight && lengthMs > HOUR_MS))
    return moment.toLocaleString('en-GB', { day: 'numeric', month: 'short' });
  const seconds = lengthMs <= 10 * 60_000 ? ({ second: '2-digit' } as const) : {};
  return moment.toLocaleString('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...seconds });
}

/** A moment in full, in the viewer's zone. */
export function momentText(atMs: number): string {
  return new Date(atMs).toLocaleString('en-GB', {
    ...({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const),
  });
}

/** The same moment in UTC. */
export function utcText(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
