/** Shared by the incident tests: a lab with Farshore watching it, and ways to wait for what a person would see. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type WatchedLab, startWatchedLab } from '../../lab/bring-up.ts';
import type { FindingCode } from '../../lib/domain/findings/registry.ts';
import type { ClusterView, LinkView, NodeView } from '../../lib/domain/topology/model.ts';
import { ROOT } from '../../setup/build.ts';
import { describeWait, isWaitOver } from '../../setup/patience.ts';
import { choosePort } from '../../setup/processes.ts';
import { keepLogs } from '../kept-logs.ts';

export interface Watch extends WatchedLab {
  view: (slug: string) => Promise<ClusterView>;
  /** Polls the stored view four times a second; fails with the last view when the deadline passes. Returns how long it took, in ms. */
  waitFor: (slug: string, what: string, deadlineMs: number, holds: (view: ClusterView) => boolean) => Promise<number>;
  /** Everything correct again: every node writable or streaming, and no finding open but those named. */
  waitUntilQuiet: (slug: string, deadlineMs: number, butFor?: readonly FindingCode[]) => Promise<number>;
}

const POLL_MS = 250;
/** A test kills its controller, and another lab that starts meanwhile must not find that port free: each test process tries its own. */
const GATEWAY_PORTS = { from: 20_000, apart: 100, places: 100 };
const WEB_PORT_ABOVE_GATEWAY = 70;

/** Where the labs of this test file have their logs. */
const directories = new Set<string>();
export const directoriesOfLabs = (): string[] => [...directories];

export interface WatchOptions {
  clusters?: readonly string[];
  regions?: readonly string[];
  addressRange?: string;
}

export async function startWatch(log: (line: string) => void = () => undefined, options: WatchOptions = {}): Promise<Watch> {
  const dir = mkdtempSync(join(tmpdir(), 'farshore-incidents-'));
  chmodSync(dir, 0o755);
  const gatewayPort = GATEWAY_PORTS.from + (process.pid % GATEWAY_PORTS.places) * GATEWAY_PORTS.apart;
  const port = await choosePort('127.0.0.1', gatewayPort + WEB_PORT_ABOVE_GATEWAY, false, 'the web application');
  const onFailedStart = (directory: string): void => {
    const kept = keepLogs(relative(ROOT, expect.getState().testPath ?? 'a lab'), [directory]);
    console.log(`    logs of the lab that did not start: ${relative(ROOT, kept)}`);
  };
  const watched = await startWatchedLab({ dir, web: { host: '127.0.0.1', port }, gatewayPort, log, onFailedStart, ...options });
  const own = [watched.lab.dir, watched.controlDir];
  for (const directory of own) directories.add(directory);
  const view = async (slug: string): Promise<ClusterView> => {
    const { rows } = await watched.pool.query<{ view: ClusterView }>(
      'SELECT view FROM cluster_latest JOIN cluster ON cluster.id = cluster_id WHERE slug = $1',
      [slug],
    );
    if (rows[0] === undefined) throw new Error(`There is no view of ${slug} yet.`);
    return rows[0].view;
  };
  const waitFor: Watch['waitFor'] = async (slug, what, deadlineMs, holds) => {
    const startedMs = performance.now();
    for (;;) {
      const now = await view(slug).catch(() => null);
      const elapsedMs = performance.now() - startedMs;
      if (now !== null && holds(now)) return elapsedMs;
      if (await isWaitOver(startedMs, deadlineMs))
        throw new Error(`${what}: not within ${describeWait(deadlineMs)}. ${slug} is now: ${describe(now)}`);
      await sleep(POLL_MS);
    }
  };
  return {
    ...watched,
    view,
    waitFor,
    waitUntilQuiet: (slug, deadlineMs, butFor = []) =>
      waitFor(slug, 'everything correct and quiet', deadlineMs, (now) => {
        const well = now.nodes.every((node) => node.state === 'writable' || node.state === 'streaming');
        return well && now.findings.every((finding) => butFor.includes(finding.code));
      }),
    stop: async () => {
      for (const directory of own) directories.delete(directory);
      await watched.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function nodeOf(view: ClusterView, name: string): NodeView {
  const node = view.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`${name} is not on the page of ${view.slug}.`);
  return node;
}

export function linkOf(view: ClusterView, from: string, to: string): LinkView {
  const link = view.links.find((candidate) => candidate.from === from && candidate.to === to);
  if (link === undefined) throw new Error(`There is no link ${from} → ${to} on the page of ${view.slug}.`);
  return link;
}

export function hasFinding(view: ClusterView, code: FindingCode, node: string | null): boolean {
  return view.findings.some((finding) => finding.code === code && finding.nodeName === node);
}

function describe(view: ClusterView | null): string {
  if (view === null) return 'without a view';
  const nodes = view.nodes.map((node) => `${node.name} ${node.state}${node.stateReason === null ? '' : ` (${node.stateReason})`}`);
  const findings = view.findings.map((finding) => `${finding.code}@${finding.nodeName ?? '-'}: ${finding.summary}`);
  return `${nodes.join('; ')} | ${findings.join(' | ') || 'no findings'}`;
}
