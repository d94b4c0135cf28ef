/** Letting waiting clients continue, and knowing that they did. */
import { messageOf } from '../../../lib/runtime/error-message.ts';
import type { PerformContext } from '../performer.ts';
import { pollUntil, untilWithin } from '../postgres/connection/waiting.ts';
import { openConsole, poolerOf, quoteIdentifier, readDatabase } from '../pooler/console.ts';
import type { PoolerConfig, PoolerConsole } from '../pooler/console.ts';
import { addressOf, isAt } from '../pooler/take-over.ts';

/** Clients that wait for longer wait for something else than the pooler's first connection. */
const SERVED_WITHIN_MS = 300;
const POLL_MS = 3;

interface PoolRow {
  database: string;
  cl_waiting: string | number;
  sv_active: string | number;
  sv_idle: string | number;
  sv_used: string | number;
}

/**
 * After RESUME the pooler still has to log in to the server. Waits until it has, or nobody waits, at most a moment.
 * @returns how many clients wait then; `null` where the pooler does not tell.
 */
export async function untilServed(console: PoolerConsole, context: PerformContext, pooler: PoolerConfig): Promise<number | null> {
  let waiting: number | null = null;
  const looking = pollUntil({ signal: context.signal, untilMs: untilWithin(context, SERVED_WITHIN_MS), everyMs: POLL_MS }, async () => {
    const pools = (await console.run<PoolRow & Record<string, unknown>>('SHOW POOLS')).filter(
      ({ database }) => database === pooler.database,
    );
    const sum = (of: (row: PoolRow) => string | number): number => pools.reduce((total, row) => total + Number(of(row)), 0);
    waiting = sum((row) => row.cl_waiting);
    const servers = sum((row) => row.sv_active) + sum((row) => row.sv_idle) + sum((row) => row.sv_used);
    return waiting === 0 || servers > 0 ? true : null;
  });
  // It was resumed, whatever this look says.
  await looking.catch((error: unknown) => context.log.warn('pooler-not-looked-at', { message: messageOf(error) }));
  return waiting;
}

export interface Gate {
  /** Lets clients continue at every pooler that is paused and points at this node already. @returns their names. */
  open: () => Promise<string[]>;
  end: () => Promise<void>;
}

/**
 * Consoles of the poolers whose clients wait for this node, connected and asked while it is being promoted. Whatever fails here is left to
 * the step that lets the pooler's clients continue: this only makes them wait for less.
 */
export function standAtPoolers(names: readonly string[], context: PerformContext): Gate {
  const consoles = names.map(async (name) => {
    const pooler = poolerOf(context.config, name);
    const address = addressOf(name, pooler, context.nodeName);
    const opened = await openConsole(name, pooler);
    const database = await readDatabase(opened.console, name, pooler).catch(async (error: unknown) => {
      await opened.end();
      throw error;
    });
    return { name, pooler, waits: database.paused && isAt(database, address), ...opened };
  });
  const settled = Promise.allSettled(consoles);
  return {
    open: async () => {
      const opened: string[] = [];
      for (const one of await settled) {
        try {
          if (one.status === 'rejected') throw one.reason;
          const { name, pooler, waits, console } = one.value;
          if (!waits) continue;
          await console.run(`RESUME ${quoteIdentifier(pooler.database)}`);
          opened.push(name);
        } catch (error) {
          context.log.warn('pooler-left-to-its-step', { message: messageOf(error) });
        }
      }
      return opened;
    },
    end: async () => {
      for (const one of await settled) if (one.status === 'fulfilled') await one.value.end();
    },
  };
}
