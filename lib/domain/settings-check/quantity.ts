/** Values of settings as `current_setting` prints them. */

const KIB = 1024;
const BYTES: Record<string, number> = { B: 1, kB: KIB, MB: KIB ** 2, GB: KIB ** 3, TB: KIB ** 4 };
const MILLISECONDS: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `384MB` → bytes. A number without unit is in `unit`, the setting's own. Negative (no limit) stays negative. `null`: no quantity. */
export function settingBytes(value: string, unit: keyof typeof BYTES = 'MB'): number | null {
  return quantity(value, BYTES, unit);
}

/** `500ms`, `1min` → milliseconds; a number without unit is in `unit`. `null`: no quantity. */
export function settingMs(value: string, unit: keyof typeof MILLISECONDS = 'ms'): number | null {
  return quantity(value, MILLISECONDS, unit);
}

export function settingCount(value: string): number | null {
  return /^-?\d{1,15}$/.test(value) ? Number(value) : null;
}

function quantity(value: string, units: Record<string, number>, ownUnit: string): number | null {
  const match = /^(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(value.trim());
  if (match === null) return null;
  const factor = units[match[2] === '' ? ownUnit : match[2]!];
  return factor === undefined ? null : Number(match[1]) * factor;
}

/** Whole gigabytes, or megabytes below one, as one writes them into a setting. */
export function writeBytes(bytes: number): string {
  return bytes >= KIB ** 3 ? `${Math.floor(bytes / KIB ** 3)}GB` : `${Math.max(1, Math.floor(bytes / KIB ** 2))}MB`;
}
