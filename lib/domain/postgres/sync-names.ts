/** `synchronous_standby_names`: which standbys a commit waits for. */

export interface SyncRequirement {
  method: 'first' | 'any';
  /** How many of them must acknowledge a commit. */
  required: number;
  /** As written, without quotes; `*` stands for any standby. */
  members: string[];
}

const WITH_COUNT = /^(?:(first|any)\s+)?(\d+)\s*\(([\s\S]*)\)$/i;

/** `null` when the setting is empty, that is, when no commit waits for a standby. A bare list means `FIRST 1`. */
export function parseSyncNames(setting: string): SyncRequirement | null {
  const text = setting.trim();
  if (text === '') return null;
  const match = WITH_COUNT.exec(text);
  if (match === null) return { method: 'first', required: 1, members: splitMembers(text) };
  return {
    method: match[1]?.toLowerCase() === 'any' ? 'any' : 'first',
    required: Number.parseInt(match[2]!, 10),
    members: splitMembers(match[3]!),
  };
}

function splitMembers(list: string): string[] {
  return Array.from(list.matchAll(/"((?:[^"]|"")*)"|[^\s,"]+/g), (match) => match[1]?.replaceAll('""', '"') ?? match[0]);
}
