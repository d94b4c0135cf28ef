/**
 * The crash matrix: controller and agents are killed with SIGKILL before and after every step of a switchover, a failover and a reversion (by each way),
 * and each time the operation ends as planned or is rolled back, with one primary, nothing lost and everybody following.
 *
 * `npm test` takes five cases, others with each turn, which is printed; FARSHORE_TEST_TURN repeats it. `npm run test:matrix` takes all.
 * FARSHORE_MATRIX_ONLY=`switchover:controller at stop-primary` runs what contains this text.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OperationResult, PlannedOperation } from '../../lab/operator.ts';
import { CommandRefused, describe as journalOf } from '../../lab/operator.ts';
import type { ProberProcess } from '../../lab/prober-process.ts';
import { waitFor } from '../../lab/waiting.ts';
import type { OperationRequest } from '../../lib/domain/operation/model.ts';
import { holds } from '../invariant.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import { IS_WHOLE, TURN, casesOfTurn, isTakenIn } from '../extent.ts';
import { OperatedLab } from './change-of-primary.ts';
import { SHARES, describeCase, faultCases } from './fault-cases.ts';
import type { FaultCase, FaultKind } from './fault-cases.ts';
import { startWatch } from './watched-lab.ts';
import type { Watch } from './watched-lab.ts';
import { lastResort } from '../../setup/patience.ts';

const MINUTE_MS = 60_000;
const CASE_MS = 3 * MINUTE_MS;
const TRIES_MAX = 5;
/** pg_rewind reads its source through this; without it, it ends before it has written anything. */
const READ_FILES = 'FUNCTION pg_read_binary_file(text, bigint, bigint, boolean)';
const ONLY = process.env['FARSHORE_MATRIX_ONLY'] ?? '';
/** How many cases that is, is known only from the plan. */
const TAKES_ALL = IS_WHOLE || ONLY !== '';
const CLUSTER = 'payments';
const PAIR = ['aws-use1-a', 'aws-use1-b'] as const;

let watch: Watch;
let operated: OperatedLab;
let prober: ProberProcess;

beforeAll(async () => {
  watch = await startWatch(undefined, { clusters: [CLUSTER] });
  operated = new OperatedLab(watch);
  await watch.lab.firstBackups;
  await operated.allStreaming(CLUSTER);
  prober = await watch.lab.startProber(CLUSTER);
  console.log(`    crash matrix: ${IS_WHOLE ? 'all' : `five cases of turn ${TURN} (repeat them with FARSHORE_TEST_TURN=${TURN})`}`);
});

afterAll(async () => {
  await prober?.stop();
  await watch?.stop();
});

/** The primary now, and the node that takes its place. */
async function places(): Promise<{ primary: string; other: string }> {
  const primary = await operated.primaryOf(CLUSTER);
  return { primary, other: primary === PAIR[0] ? PAIR[1] : PAIR[0] };
}

/** Begins each case with `aws-use1-a` as primary and everybody streaming: the cases name nodes and steps. */
async function settle(): Promise<void> {
  await operated.makeHome(CLUSTER, PAIR[0]);
}

/** Never more than one node out of recovery at a time: looked at all the while an operation runs. */
async function watchingForTwo<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const looking = (async () => {
    while (!over) {
      const primaries = await operated.primaries(CLUSTER);
      holds('one primary at a time', () => expect(primaries.length, `writable at once: ${primaries.join(', ')}`).toBeLessThan(2));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  try {
    return await work;
  } finally {
    over = true;
    await looking;
  }
}

/** Arms the fault, runs the operation into it, brings back what died, and waits for the end. */
async function runInto(fault: FaultCase, planned: PlannedOperation): Promise<OperationResult> {
  const { controller, controllerEnvironment } = watch.farshore;
  if (fault.who === 'controller') {
    controllerEnvironment['FARSHORE_KILL_AT'] = `${fault.step}:${fault.moment}`;
    await controller.stop();
    controller.start();
  } else {
    await watch.lab.kill(fault.node, 'agent');
    await watch.lab.startAgentAgain(fault.node, { FARSHORE_AGENT_KILL_AT: `${fault.verb}:${fault.point}` });
  }
  const died = async (): Promise<boolean> =>
    fault.who === 'controller' ? controller.crashes() > 0 : (await operated.node(fault.node)).agent !== 'running';
  const id = await requestInto(planned.plan.request, died).catch(async (error: unknown) => {
    // A fault that is still armed would strike in the next case.
    await disarm(fault);
    throw error;
  });
  delete controllerEnvironment['FARSHORE_KILL_AT'];
  if (await died()) {
    if (fault.who === 'controller') {
      await controller.stop();
      controller.start();
    } else await watch.lab.startAgentAgain(fault.node);
  } else {
    console.log(`    ${describeCase(fault)} was not reached`);
    await disarm(fault);
  }
  return operated.operator.wait(id, 2 * MINUTE_MS);
}

/** @returns the operation that ran into the fault, or to its end. One that was refused before it began is planned again, as a person would. */
async function requestInto(request: OperationRequest, died: () => Promise<boolean>): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    // A restarted node has to be seen again before anything may be requested.
    const fresh = await operated.operator.planUntilPossible(CLUSTER, request);
    try {
      const id = await operated.operator.request(CLUSTER, fresh);
      const ended = async (): Promise<boolean> => isEnded(await operated.operator.state(id));
      await waitFor(`the fault, or the end of operation ${id}`, 2 * MINUTE_MS, async () => (await died()) || (await ended())).catch(
        async (error: Error) => {
          throw new Error(`${error.message} ${journalOf(await operated.operator.result(id))}`);
        },
      );
      if (tries === TRIES_MAX || (await died()) || (await operated.operator.state(id)) !== 'refused') return id;
    } catch (error) {
      if (!(error instanceof CommandRefused) || tries === TRIES_MAX) throw error;
    }
  }
}

async function disarm(fault: FaultCase): Promise<void> {
  if (fault.who === 'controller') {
    delete watch.farshore.controllerEnvironment['FARSHORE_KILL_AT'];
    await watch.farshore.controller.stop();
    watch.farshore.controller.start();
    return;
  }
  await watch.lab.kill(fault.node, 'agent');
  await watch.lab.startAgentAgain(fault.node);
}

async function requestOf(kind: FaultKind): Promise<{ request: OperationRequest; chosen: string }> {
  const { primary, other } = await places();
  switch (kind) {
    case 'switchover':
      return { request: { kind, target: other }, chosen: other };
    case 'failover':
      await watch.lab.kill(primary, 'postgres');
      return { request: { kind, target: other, fence: 'agent' }, chosen: other };
    case 'reversion':
    case 'restore':
    case 're-clone': {
      await watch.lab.kill(primary, 'postgres');
      await operated.operator.run(CLUSTER, { kind: 'failover', target: other, fence: 'agent' });
      if (kind === 'restore') await operated.query(other, `REVOKE EXECUTE ON ${READ_FILES} FROM farshore_rewind`);
      const method = kind === 're-clone' ? kind : 'rewind';
      return { request: { kind: 'reversion', target: primary, method, switchBack: false }, chosen: other };
    }
  }
}

/** Checks the invariants of every case; then everything is made whole again for the next one. */
async function inspect(kind: FaultKind, result: OperationResult): Promise<void> {
  expect(['done', 'rolled-back'], journalOf(result)).toContain(result.state);
  const leadership = await operated.leadership(CLUSTER);
  await waitFor('the holder of the term to be the only primary', 20_000, async () => {
    const primaries = await operated.primaries(CLUSTER);
    return primaries.length === 1 && primaries[0] === leadership.holder;
  });
  const { primary } = await places();
  await operated.query(primary, `GRANT EXECUTE ON ${READ_FILES} TO farshore_rewind`);
  if (kind === 'switchover') await operated.nothingLost(primary, await prober.report());
  for (const node of await operated.nodes(CLUSTER)) {
    if (node.postgres === 'running') continue;
    await operated.operator.run(CLUSTER, { kind: 'reversion', target: node.name, method: 'rewind', switchBack: false });
  }
  await operated.allStreaming(CLUSTER);
  await operated.sumsAreRight(primary);
}

/** Which cases there are is known from the first plan of a kind; the plans of later cases have the same steps. */
const chosenCases = new Map<FaultKind, FaultCase[]>();

function chooseCases(kind: FaultKind, all: FaultCase[]): FaultCase[] {
  if (ONLY !== '') return all.filter((fault) => `${kind}:${describeCase(fault)}`.includes(ONLY));
  return IS_WHOLE ? all : casesOfTurn(all, SHARES[kind], TURN);
}

function describeCaseOf(kind: FaultKind, number: number): string {
  const fault = chosenCases.get(kind)?.[number];
  return fault === undefined ? `case ${number}` : describeCase(fault);
}

/** @returns whether there was a case of this number. */
async function runCase(kind: FaultKind, number: number): Promise<boolean> {
  const known = chosenCases.get(kind);
  if (known !== undefined && number >= known.length) return false;
  await settle();
  await prober.stop();
  prober = await watch.lab.startProber(CLUSTER);
  const { request, chosen } = await requestOf(kind);
  const planned = await operated.operator.planUntilPossible(CLUSTER, request);
  const cases = known ?? chooseCases(kind, faultCases(kind, planned.plan, chosen));
  if (known === undefined) console.log(`    ${kind}: ${cases.length} cases`);
  chosenCases.set(kind, cases);
  const fault = cases[number];
  if (fault === undefined) {
    // Nothing of this kind was asked for: what was broken for the plan is made whole.
    await inspect(kind, await operated.operator.runPlanned(CLUSTER, planned));
    return false;
  }
  const startedMs = performance.now();
  const result = await watchingForTwo(runInto(fault, planned));
  await inspect(kind, result);
  console.log(`    ${kind}, ${describeCase(fault)}: ${result.state} after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return true;
}

const KINDS = (Object.keys(SHARES) as FaultKind[]).filter((kind) => TAKES_ALL || isTakenIn(SHARES[kind], TURN));

describe.each(KINDS)('%s', (kind) => {
  if (TAKES_ALL) {
    // One test walks through all.
    test('killed at every point', { timeout: 3 * 60 * MINUTE_MS, retry: 0 }, async () => {
      const failures: string[] = [];
      for (let number = 0; ; number += 1) {
        const went = await runCase(kind, number).catch((error: Error) => {
          failures.push(`${describeCaseOf(kind, number)}: ${error.message}`);
          console.log(`    FAILED ${kind} ${describeCaseOf(kind, number)}: ${error.message}`);
          return true;
        });
        if (!went) break;
      }
      expect(failures).toEqual([]);
    });
    return;
  }
  test.each(Array.from({ length: SHARES[kind].count }, (_, number) => number))(
    'killed at a point of this turn, %i',
    { timeout: lastResort(CASE_MS) },
    async (number) => {
      expect(await runCase(kind, number)).toBe(true);
    },
  );
});
