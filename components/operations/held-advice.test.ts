import { describe, expect, test } from 'vitest';
import type { Run, Step } from '../../lib/domain/operation/model.ts';
import { adviceFor } from './held-advice.ts';

const step = (action: unknown): Step => ({ id: 's', action }) as Step;
const runOf = (kind: string | null): { run: Run } =>
  ({ run: { chosen: 'b', steps: [{ id: 's', failure: kind === null ? null : { kind } }] } }) as unknown as { run: Run };
const byAgent = step({ by: 'agent', node: 'a', command: { verb: 'promote' } });

describe('what to do first about a held step', () => {
  test('an agent that did not answer is looked for, by name', () => {
    expect(adviceFor(runOf('unknown'), byAgent)).toEqual({ sentence: expect.stringContaining('The agent of a did not answer'), node: 'a' });
  });
  test('one that answered is fixed on its host', () => {
    expect(adviceFor(runOf('no-effect'), byAgent)).toEqual({ sentence: expect.stringContaining('Fix on a'), node: 'a' });
  });
  test('what was not seen, and what the controller does itself', () => {
    expect(adviceFor(runOf(null), step({ by: 'observation', condition: { standby: 'c' } })).node).toBe('c');
    expect(adviceFor(runOf(null), step({ by: 'controller', action: { do: 'open-term' } })).node).toBeNull();
  });
});
