/** Names the findings of some folders of lib/domain/findings/kinds. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { FindingCode } from '../../lib/domain/findings/registry.ts';
import { FINDING_CODES } from '../../lib/domain/findings/registry.ts';

const KINDS = path.resolve(import.meta.dirname, '../../lib/domain/findings/kinds');

export function codesIn(...folders: readonly string[]): Set<FindingCode> {
  const modules = folders.flatMap((folder) => readdirSync(path.join(KINDS, folder)).map((file) => path.basename(file, '.ts')));
  return new Set(FINDING_CODES.filter((code) => modules.includes(code)));
}
