/** Takes from a plan what its hash covers: what is done and to what, and none of the words that say it. */
import type { Plan, Step } from '../model.ts';

/** Every part must be in one of the two: a new one that is in none does not compile. */
const STEP: Record<keyof Step, 'bound' | 'words'> = {
  ...({ id: 'bound', stage: 'bound', phase: 'bound', action: 'bound', deadlineMs: 'bound', attemptsMax: 'bound' } as const),
  ...({ undo: 'bound', undoAfter: 'bound', onFailure: 'bound', ladder: 'bound', rung: 'bound', skipWhenChosen: 'bound' } as const),
  ...({
    title: 'words',
    does: 'words',
    verifiedBy: 'words',
    worst: 'words',
    waitsFor: 'words',
    undoText: 'words',
    rungWords: 'words',
  } as const),
};
const PLAN: Record<keyof Plan, 'bound' | 'words'> = {
  ...({ planVersion: 'bound', cluster: 'bound', request: 'bound', term: 'bound', before: 'bound', after: 'bound' } as const),
  ...({ steps: 'bound', pointOfNoReturn: 'bound', approvalsRequired: 'bound', summary: 'words' } as const),
};

/** Of a plan of version 1, which was hashed whole, all of it. */
export const boundPart = (plan: Plan): object => (plan.planVersion === 1 ? plan : withoutWords(plan));

export const withoutWords = (plan: Plan): object => ({ ...pick(plan, PLAN), steps: plan.steps.map((step) => pick(step, STEP)) });

const pick = (value: object, parts: Readonly<Record<string, 'bound' | 'words'>>): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => parts[key] !== 'words'));
