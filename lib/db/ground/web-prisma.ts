/** The client with which the web process runs commands, under its own narrow role (grants.ts). */
import { readWebConfig } from '../../config/web.ts';
import { createPrisma } from './prisma.ts';
import type { Prisma } from './prisma.ts';

const CONNECTIONS_MAX = 3;
/** Next loads modules once for each bundle; the client must be one for the process. */
const slot = Symbol.for('farshore.web.prisma');

/** Made at first use. Throws with every problem of the configuration when it is wrong. */
export function webPrisma(): Prisma {
  const slots = globalThis as unknown as Record<symbol, Prisma | undefined>;
  return (slots[slot] ??= createPrisma(readWebConfig().databaseUrl, CONNECTIONS_MAX));
}
