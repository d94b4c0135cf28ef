/**
 * Names and texts that come from people and servers, made safe to stand inside a sentence on a screen: characters that turn or hide
 * the text around them are shown as a replacement mark. Ordinary right-to-left letters stay as they are.
 */

/** Controls (but tab and line feed), bidirectional embeddings, overrides, isolates and marks, and characters without width. */
const TREACHEROUS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

export const inertText = (text: string): string => text.replace(TREACHEROUS, '\ufffd');

/** The same for every text in a value made of plain objects and arrays; keys stay. */
export function withInertText<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return inertText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, clean(entry)]));
}
