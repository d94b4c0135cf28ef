import { expect } from 'vitest';
import { describeFinding } from '../../lib/domain/findings/catalogue.ts';
import type { FindingCase } from './incidents.ts';
import { evaluate } from './incidents.ts';
import { NOW_MS } from './moment.ts';

/** Asserts that the cluster gives the finding, in words that a person can act on. */
export function expectFinding({ code, input, severity, node, subject, says }: FindingCase): void {
  const found = evaluate(input).find(
    (candidate) => candidate.code === code && candidate.nodeName === node && (subject === undefined || candidate.subject === subject),
  );
  expect(found, `no ${code} on ${node}`).toBeDefined();
  expect(found!.severity).toBe(severity);
  expect(found!.summary).toContain(says ?? '');
  expect(found!.summary).not.toMatch(/undefined|NaN|null/);
  expect(describeFinding(found!, 'id', NOW_MS).nextAction).not.toMatch(/\{node\}|\{subject\}/);
}
