/**
 * Agents of the release before under today's controller: observed, and switched over and back. Their bundle is built from git, so that this
 * runs where the history is (`npm run test:matrix`); what they say and are told is judged everywhere by test/upgrade.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../setup/build.ts';
import { OperatedLab } from './change-of-primary.ts';
import { startWatch } from './watched-lab.ts';
import type { Watch } from './watched-lab.ts';

const RELEASE = 'b47ad95';
const CLUSTER = 'payments';
const PAIR = ['aws-use1-a', 'aws-use1-b'] as const;
const MINUTE_MS = 60_000;

function hasHistory(): boolean {
  try {
    execFileSync('git', ['-C', ROOT, 'cat-file', '-e', `${RELEASE}^{commit}`], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
const runs = process.env['FARSHORE_MATRIX'] === 'all' && hasHistory();

let directory: string;
let watch: Watch | undefined;
let operated: OperatedLab;

/** That release's own bundler, over its own sources, with the packages that are installed here. */
function buildOlderAgent(into: string): string {
  const archive = execFileSync('git', ['-C', ROOT, 'archive', RELEASE, 'agent', 'lib/agent-contract', 'package.json', 'tsconfig.json']);
  execFileSync('tar', ['--extract', '--directory', into], { input: archive });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(into, 'node_modules'));
  const bundle = path.join(into, 'dist', 'farshore-agent.cjs');
  execFileSync(process.execPath, [path.join(into, 'agent', 'bundle.ts'), bundle], { cwd: into, stdio: 'pipe' });
  if (!existsSync(bundle)) throw new Error(`The bundle of ${RELEASE} was not made.`);
  return bundle;
}

beforeAll(async () => {
  if (!runs) return;
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-older-agent-'));
  process.env['FARSHORE_LAB_AGENT_BUNDLE'] = buildOlderAgent(directory);
  watch = await startWatch(undefined, { clusters: [CLUSTER], regions: ['us-east-1'] });
  operated = new OperatedLab(watch);
  await watch.lab.firstBackups;
  await operated.allStreaming(CLUSTER);
});
afterAll(async () => {
  await watch?.stop();
  if (runs) rmSync(directory, { recursive: true, force: true });
});

test.runIf(runs)(
  'agents of the release before are observed whole, and switched over and back without losing a row',
  async () => {
    const { rows } = await watch!.pool.query<{ observation: { agent?: unknown; postgres: { downstreams: unknown[] } | null } }>(
      'SELECT observation FROM node_latest',
    );
    expect(rows).toHaveLength(PAIR.length);
    // Only today's agent says how it is: these are of the release before.
    for (const { observation } of rows) expect(observation).not.toHaveProperty('agent');
    const prober = await watch!.lab.startProber(CLUSTER);
    try {
      await operated.switchover(CLUSTER, PAIR[1], prober);
      await operated.switchover(CLUSTER, PAIR[0], prober);
    } finally {
      await prober.stop();
    }
    await operated.sumsAreRight(PAIR[0]);
    await operated.rowSetsEqual(CLUSTER, PAIR[0]);
  },
  4 * MINUTE_MS,
);
