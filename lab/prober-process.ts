/** Starts and asks a prober, and compares what it was promised with what a server has. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { userInfo } from 'node:os';
import { missingFrom } from './acknowledgements.ts';
import { logTail, killTree } from './processes.ts';
import type { OwnedProcess, ProcessKeeper } from './processes.ts';
import type { PostgresServer } from './postgres-server.ts';
import { PROBER_TABLE } from './prober.ts';
import type { ProberAnswer, ProberReport, ProberRequest, ProberStart } from './prober.ts';
import { APP_DATABASE } from './roles.ts';
import { waitFor, within } from './waiting.ts';
import { isAlive } from './process-table.ts';

const PROBER_PROGRAM = join(import.meta.dirname, 'prober.ts');
const START_DEADLINE_MS = 20_000;
const ANSWER_DEADLINE_MS = 5_000;
const LOST_LISTED_MAX = 20;

export class ProberProcess {
  readonly #process: OwnedProcess;
  readonly #waiting = new Map<number, (report: ProberReport) => void>();
  #lastId = 0;

  private constructor(process: OwnedProcess) {
    this.#process = process;
    const { stdout, stdin } = process.child;
    if (stdout === null || stdin === null) throw new Error('The prober has no standard input and output.');
    stdin.on('error', () => undefined);
    createInterface({ input: stdout }).on('line', (line) => {
      const { id, report } = JSON.parse(line) as ProberAnswer;
      this.#waiting.get(id)?.(report);
      this.#waiting.delete(id);
    });
  }

  /** Resolves after its first acknowledged row. @throws with what it said when it could not write. */
  static async start(keeper: ProcessKeeper, directory: string, start: Omit<ProberStart, 'run'>): Promise<ProberProcess> {
    const logFile = join(directory, 'prober.log');
    const owned = keeper.start('prober', process.execPath, [PROBER_PROGRAM], {
      user: { name: userInfo().username, ids: undefined },
      workingDirectory: directory,
      logFile,
      pipeInput: true,
      pipeOutput: true,
    });
    const prober = new ProberProcess(owned);
    prober.#send({ ...start, run: randomUUID() });
    await waitFor(`the prober's first commit (log: ${logFile})`, START_DEADLINE_MS, async () => {
      if (!isAlive(owned.identity)) throw new Error(`The prober could not begin: ${logTail(logFile)}`);
      return (await prober.report()).lastAtMs !== null;
    });
    return prober;
  }

  #send(message: object): void {
    this.#process.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #ask(ask: ProberRequest['ask']): Promise<ProberReport> {
    const id = (this.#lastId += 1);
    const answer = new Promise<ProberReport>((resolve) => this.#waiting.set(id, resolve));
    this.#send({ ask, id } satisfies ProberRequest);
    return within('the prober to answer', ANSWER_DEADLINE_MS, answer);
  }

  /** Begins a new measurement. @returns the one that ends. */
  mark(): Promise<ProberReport> {
    return this.#ask('mark');
  }

  report(): Promise<ProberReport> {
    return this.#ask('report');
  }

  async stop(): Promise<void> {
    await killTree(this.#process.identity);
  }
}

/** Rows that were acknowledged to the prober and that this server does not have. */
export async function lostRows(server: PostgresServer, report: ProberReport): Promise<{ count: number; first: number[] }> {
  const sql = `SELECT number FROM ${PROBER_TABLE} WHERE run = $1`;
  const rows = await server.withConnection(async (client) => (await client.query<{ number: string }>(sql, [report.run])).rows, {
    database: APP_DATABASE,
  });
  return missingFrom(report.acknowledged, new Set(rows.map((row) => Number(row.number))), LOST_LISTED_MAX);
}
