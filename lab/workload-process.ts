/** Starts and steers the workload process of a cluster. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { killTree } from './processes.ts';
import type { OwnedProcess, ProcessKeeper } from './processes.ts';
import { userInfo } from 'node:os';
import type { WorkloadReport, WorkloadStart } from './workload.ts';

const WORKLOAD_PROGRAM = join(import.meta.dirname, 'workload.ts');

export class WorkloadProcess {
  readonly #process: OwnedProcess;
  readonly #input: Writable;
  readonly #reportFile: string;

  /** @param directory of the cluster; the report lies there as `workload.json`. It runs as the user of this process. */
  constructor(keeper: ProcessKeeper, slug: string, directory: string, start: Omit<WorkloadStart, 'reportFile'>) {
    this.#reportFile = join(directory, 'workload.json');
    this.#process = keeper.start(`workload ${slug}`, process.execPath, [WORKLOAD_PROGRAM], {
      user: { name: userInfo().username, ids: undefined },
      workingDirectory: directory,
      logFile: join(directory, 'workload.log'),
      pipeInput: true,
    });
    const input = this.#process.child.stdin;
    if (input === null) throw new Error('The workload has no standard input.');
    this.#input = input;
    this.#input.on('error', () => undefined);
    this.#send({ ...start, reportFile: this.#reportFile });
  }

  #send(message: object): void {
    this.#input.write(`${JSON.stringify(message)}\n`);
  }

  /** @param tps transfers per second; 0 = none. */
  setRate(tps: number): void {
    this.#send({ tps });
  }

  /** The last report; `null` before the first. */
  report(): WorkloadReport | null {
    try {
      return JSON.parse(readFileSync(this.#reportFile, 'utf8')) as WorkloadReport;
    } catch {
      return null;
    }
  }

  async stop(): Promise<void> {
    await killTree(this.#process.identity);
  }
}
