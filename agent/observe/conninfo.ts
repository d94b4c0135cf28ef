/** libpq connection strings (`keyword = value` and URIs): read for host and port, and made safe to show. Pure. */
import type { ConfiguredUpstream } from '../../lib/agent-contract/observation.ts';

const URI = /^postgres(ql)?:\/\//;

/** Keyword and value pairs of a libpq string, with its quoting rules; what can't be read is left out. */
export function parseConninfo(text: string): Record<string, string> {
  if (URI.test(text)) return parseUri(text);
  const pairs: Record<string, string> = {};
  const pattern = /([A-Za-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))/g;
  for (const match of text.matchAll(pattern)) {
    const raw = match[2] ?? match[3] ?? '';
    if (match[1] !== undefined) pairs[match[1].toLowerCase()] = raw.replace(/\\(.)/g, '$1');
  }
  return pairs;
}

function parseUri(text: string): Record<string, string> {
  if (!URL.canParse(text)) return {};
  const url = new URL(text);
  const pairs: Record<string, string> = Object.fromEntries(url.searchParams);
  if (url.hostname !== '') pairs['host'] = decodeURIComponent(url.hostname.replace(/^\[|\]$/g, ''));
  if (url.port !== '') pairs['port'] = url.port;
  if (url.username !== '') pairs['user'] = decodeURIComponent(url.username);
  return pairs;
}

/** The part of `primary_conninfo` that may leave the node. `null` when nothing is configured. With several hosts: the first. */
export function configuredUpstream(conninfo: string, slotName: string): ConfiguredUpstream | null {
  const pairs = parseConninfo(conninfo);
  if (Object.keys(pairs).length === 0) return null;
  const first = (value: string | undefined): string | null => value?.split(',')[0]?.trim() || null;
  const port = Number(first(pairs['port']) ?? Number.NaN);
  return {
    host: first(pairs['host'] ?? pairs['hostaddr'])?.slice(0, 255) ?? null,
    port: Number.isInteger(port) && port > 0 ? port : null,
    applicationName: pairs['application_name']?.slice(0, 63) ?? null,
    slotName: slotName === '' ? null : slotName.slice(0, 63),
  };
}
