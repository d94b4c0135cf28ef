import { expect, test } from 'vitest';
import { isOwnWreck, markOfCopy, markOfRestore } from './unfinished-copy.ts';

const OURS = '7391';
const OTHERS = '8042';

test('what a copy or a restore of this system left may be replaced, also after several attempts', () => {
  const first = markOfRestore(null, false, OURS);
  expect(isOwnWreck(first, OURS)).toBe(true);
  expect(isOwnWreck(markOfRestore(first, false, null), OURS)).toBe(true);
  expect(isOwnWreck(markOfRestore(null, true, null), OURS)).toBe(true);
  expect(isOwnWreck(markOfCopy('aws-use1-b'), OURS)).toBe(true);
  expect(isOwnWreck(markOfRestore(markOfCopy('aws-use1-b'), false, null), OURS)).toBe(true);
});

test('what was there before a restore and was not this system’s is not touched', () => {
  expect(isOwnWreck(markOfRestore(null, false, OTHERS), OURS)).toBe(false);
  expect(isOwnWreck(markOfRestore(null, false, null), OURS)).toBe(false);
  expect(isOwnWreck('A rewind from aws-use1-b did not finish.', OURS)).toBe(false);
  expect(isOwnWreck(null, OURS)).toBe(false);
});
