/** The relational records through Prisma. Only `lib/db` may import this. */
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.ts';

const CONNECTIONS_MAX = 5;
const CONNECT_TIMEOUT_MS = 5_000;

export type Prisma = PrismaClient;

/** A client with its own small pool. End it with `$disconnect()`. */
export function createPrisma(url: string, connectionsMax = CONNECTIONS_MAX): Prisma {
  const adapter = new PrismaPg({ connectionString: url, max: connectionsMax, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  return new PrismaClient({ adapter });
}
