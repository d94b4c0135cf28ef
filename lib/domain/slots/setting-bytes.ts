/** Memory-sized settings as `current_setting` prints them (`384MB`, `-1`) in bytes, and back. */

const UNIT_BYTES: Record<string, number> = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };

/** Bytes; `null` when the text is no size. Negative numbers stand for "no limit" and come back as they are. A bare number counts MB. */
export function parseSettingMegabytes(text: string | null): number | null {
  const match = /^(-?\d+)\s*(B|kB|MB|GB|TB)?$/.exec(text?.trim() ?? '');
  if (match === null) return null;
  const value = Number(match[1]);
  return value < 0 ? value : value * UNIT_BYTES[match[2] ?? 'MB']!;
}

/** Whole GB where that loses nothing, else whole MB (rounded down). */
export function formatSettingMegabytes(bytes: number): string {
  const megabytes = Math.floor(bytes / UNIT_BYTES['MB']!);
  return megabytes >= 1024 && megabytes % 1024 === 0 ? `${megabytes / 1024}GB` : `${megabytes}MB`;
}
