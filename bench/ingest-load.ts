/**
 * The load of bench/ingest.ts, in a process of its own so that its CPU is accounted apart: each simulated agent keeps one mTLS
 * connection and sends a sample each second. Reads its orders from a file, prints one JSON line at the end.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SimulatedAgent } from '../test/simulated-agent.ts';
import { simulatedObservation, type SimulatedNode } from '../test/simulated-observation.ts';
import type { Observation } from '../lib/agent-contract/observation.ts';

export interface LoadOrders {
  url: string;
  caPem: string;
  startAtMs: number;
  seconds: number;
  nodes: (SimulatedNode & { certificatePem: string; keyPem: string; phaseMs: number })[];
}

export interface LoadResult {
  sent: number;
  durable: number;
  refused: Record<string, number>;
  unsent: number;
  requestBytes: number;
  /** Observed → acknowledged as durable, in milliseconds, of samples acknowledged in the measured time. */
  latenciesMs: number[];
  cpuMs: number;
}

const TICK_MS = 1_000;
const UNSENT_MAX = 300;

async function runAgent(orders: LoadOrders, node: LoadOrders['nodes'][number], result: LoadResult): Promise<void> {
  const agent = new SimulatedAgent({ url: orders.url, caPem: orders.caPem, certificatePem: node.certificatePem, keyPem: node.keyPem });
  let unsent: Observation[] = [];
  let tick = 0;
  while (tick < orders.seconds) {
    const dueMs = (which: number): number => orders.startAtMs + node.phaseMs + which * TICK_MS;
    const waitMs = dueMs(tick) - Date.now();
    if (waitMs > 0) await delay(waitMs);
    // Whatever became due meanwhile goes out together, as with a real agent that was held up.
    for (; tick < orders.seconds && dueMs(tick) <= Date.now(); tick += 1) {
      unsent.push(simulatedObservation(node, tick + 1, dueMs(tick), orders.startAtMs));
      result.sent += 1;
    }
    unsent = await sendAll(agent, unsent, result);
  }
  for (let attempt = 0; attempt < 10 && unsent.length > 0; attempt += 1) {
    await delay(300);
    unsent = await sendAll(agent, unsent, result);
  }
  result.unsent += unsent.length;
  agent.close();
}

/** Samples stay until they are acknowledged, as with a real agent. */
async function sendAll(agent: SimulatedAgent, samples: Observation[], result: LoadResult): Promise<Observation[]> {
  const body = JSON.stringify(agent.batch(samples));
  result.requestBytes += body.length;
  try {
    const answer = await agent.send(body);
    if (answer.status === 200) {
      const nowMs = Date.now();
      for (const sample of samples) result.latenciesMs.push(nowMs - Date.parse(sample.observedAt));
      result.durable += samples.length;
      return [];
    }
    result.refused[answer.status] = (result.refused[answer.status] ?? 0) + 1;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    result.refused[code] = (result.refused[code] ?? 0) + 1;
  }
  return samples.slice(-UNSENT_MAX);
}

const ordersFile = process.argv[2];
if (ordersFile === undefined) throw new Error('usage: node bench/ingest-load.ts ORDERS.json (started by bench/ingest.ts)');
const orders = JSON.parse(readFileSync(ordersFile, 'utf8')) as LoadOrders;
const result: LoadResult = { sent: 0, durable: 0, refused: {}, unsent: 0, requestBytes: 0, latenciesMs: [], cpuMs: 0 };
await Promise.all(orders.nodes.map((node) => runAgent(orders, node, result)));
const { user, system } = process.cpuUsage();
result.cpuMs = (user + system) / 1000;
process.stdout.write(`${JSON.stringify(result)}\n`);
