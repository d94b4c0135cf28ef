/**
 * Builds what running Farshore needs and skips what is up to date: the Prisma client, the agent's bundle, the web
 * application. Each output keeps the digest of its inputs beside it.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(import.meta.dirname, '..');

interface Target {
  name: string;
  inputs: string[];
  /** Where the digest is kept; gone with the output. */
  stamp: string;
  run: () => Promise<void>;
}

const TARGETS: Target[] = [
  {
    name: 'database client',
    inputs: ['prisma/schema.prisma', 'package-lock.json'],
    stamp: 'lib/db/generated/.digest',
    // Generating needs no engine, but Prisma would download one unless it is shown a program that exists.
    run: () => runTool('prisma', ['generate'], { PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', PRISMA_HIDE_UPDATE_MESSAGE: '1' }),
  },
  {
    name: 'agent',
    inputs: ['agent', 'lib/agent-contract', 'package-lock.json'],
    stamp: 'dist/.digest',
    run: () => runTool('node', ['agent/bundle.ts'], {}),
  },
  {
    name: 'web application',
    inputs: [
      ...['app', 'components', 'lib', 'public', 'proxy.ts', 'instrumentation.ts', 'next.config.js', 'postcss.config.mjs'],
      ...['tsconfig.json', 'package-lock.json', 'prisma/schema.prisma'],
    ],
    stamp: '.next/.digest',
    run: () => runTool('next', ['build'], { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }),
  },
];

/** Builds every target whose inputs changed. Says what it does; throws with the tool's output when one fails. */
export async function build(
  log: (line: string) => void = (line) => console.error(`\u001b[2m[build]\u001b[0m ${line}`),
  only?: readonly string[],
): Promise<void> {
  for (const target of TARGETS.filter((candidate) => only?.includes(candidate.name) ?? true)) {
    const wanted = digest(target.inputs);
    const stamp = path.join(ROOT, target.stamp);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue;
    const startedMs = performance.now();
    log(`Building the ${target.name} …`);
    await target.run().catch((error: unknown) => {
      // The cache of a failed build may hold the failure itself (a package that was missing stays missing).
      rmSync(path.dirname(stamp), { recursive: true, force: true });
      throw error;
    });
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, wanted);
    log(`Built the ${target.name} in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  }
}

function digest(inputs: string[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) {
    const full = path.join(ROOT, input);
    if (existsSync(full)) addToDigest(hash, full);
  }
  return hash.digest('hex');
}

function addToDigest(hash: ReturnType<typeof createHash>, full: string): void {
  if (statSync(full).isDirectory()) {
    for (const entry of readdirSync(full).sort()) {
      if (entry !== 'generated' && !/[.](test|integration)[.]tsx?$/.test(entry)) addToDigest(hash, path.join(full, entry));
    }
  } else {
    hash.update(full).update('\0').update(readFileSync(full)).update('\0');
  }
}

/** Runs a program of node_modules/.bin; on failure prints what it printed. */
function runTool(tool: string, args: string[], env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(ROOT, 'node_modules/.bin', tool), args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`\`${tool} ${args.join(' ')}\` failed with exit code ${code}:\n${output.slice(-8000)}`)),
    );
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
