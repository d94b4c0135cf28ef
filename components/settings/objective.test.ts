import { expect, test } from 'vitest';
import { objectiveParts, objectiveSeconds } from './objective.ts';

test.each([
  [null, '', 's'],
  [0, '0', 's'],
  [45, '45', 's'],
  [90, '90', 's'],
  [300, '5', 'min'],
  [7200, '2', 'h'],
])('%s seconds are typed as “%s” %s, and read back as the same', (seconds, amount, unit) => {
  expect(objectiveParts(seconds)).toEqual({ amount, unit });
  expect(objectiveSeconds(amount, unit)).toBe(seconds);
});

test.each([['1.5'], ['-1'], ['a lot'], ['1e9'], ['0x10']])('“%s” is no objective', (amount) => {
  expect(objectiveSeconds(amount, 's')).toContain('whole number');
});
test('nor is one of an unknown unit', () => expect(objectiveSeconds('1', 'weeks')).toContain('whole number'));
