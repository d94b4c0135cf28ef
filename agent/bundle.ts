/** Bundles the agent into one file that needs only Node 24: `node agent/bundle.ts` writes dist/farshore-agent.cjs. */
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';

const ROOT = path.dirname(import.meta.dirname);
export const AGENT_BUNDLE_FILE = path.join(ROOT, 'dist', 'farshore-agent.cjs');

/** zod carries messages in fifty languages, a quarter of the bundle; the agent needs English only, which is zod's default. */
const withoutLocales: Plugin = {
  name: 'without-locales',
  setup: ({ onLoad }) => onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: 'export {};' })),
};

/** Writes the bundled agent to `outFile` (executable). Throws what esbuild reports. */
export async function bundleAgent(outFile: string = AGENT_BUNDLE_FILE): Promise<void> {
  mkdirSync(path.dirname(outFile), { recursive: true });
  await build({
    entryPoints: [path.join(ROOT, 'agent', 'main.ts')],
    outfile: outFile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minify: true,
    legalComments: 'none',
    external: ['pg-native'],
    banner: { js: '#!/usr/bin/env node' },
    define: { 'import.meta.url': '"file:///farshore-agent.cjs"' },
    plugins: [withoutLocales],
    logLevel: 'warning',
  });
  chmodSync(outFile, 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleAgent(process.argv[2] ?? AGENT_BUNDLE_FILE);
