/** Points a pooler at a node: its file first, then RELOAD, then waiting until the pooler itself says so. */
import { PerformFailed, PerformRefused } from '../performer.ts';
import type { PerformContext } from '../performer.ts';
import { pollUntil, untilWithin } from '../postgres/connection/waiting.ts';
import { readDatabase } from './console.ts';
import type { PoolerConfig, PoolerConsole } from './console.ts';
import { writeEntry } from './entry.ts';

/** RELOAD reads the file at once, but answers before. */
const TAKEN_OVER_DEADLINE_MS = 2000;
const POLL_MS = 3;

export interface Address {
  host: string;
  port: number;
}

export const isAt = (database: { host: string | null; port: number | null }, address: Address): boolean =>
  database.host === address.host && database.port === address.port;

/** Where this pooler finds a node. @throws {PerformRefused} when the agent's configuration does not say. */
export function addressOf(name: string, pooler: PoolerConfig, primary: string): Address {
  const address = pooler.nodes[primary];
  if (address !== undefined) return address;
  throw new PerformRefused(
    'not-configured',
    `This agent does not know where pooler ${name} finds ${primary}. Add [poolers.${name}.nodes.${primary}] with host and port.`,
  );
}

/** @returns whether it pointed elsewhere before. @throws {PerformFailed} when the pooler does not take it over in time. */
export async function takeOver(
  console: PoolerConsole,
  context: PerformContext,
  name: string,
  pooler: PoolerConfig,
  address: Address,
): Promise<boolean> {
  if (!writeEntry(name, pooler, address.host, address.port) && isAt(await readDatabase(console, name, pooler), address)) return false;
  await console.run('RELOAD');
  const untilMs = untilWithin(context, TAKEN_OVER_DEADLINE_MS);
  const taken = await pollUntil({ signal: context.signal, untilMs, everyMs: POLL_MS }, async () =>
    isAt(await readDatabase(console, name, pooler), address) ? true : null,
  );
  if (taken === null)
    throw new PerformFailed(
      'server-error',
      `Pooler ${name} did not take over its new configuration after RELOAD. Look in its log for a fault in ${pooler.config}.`,
      true,
    );
  return true;
}
