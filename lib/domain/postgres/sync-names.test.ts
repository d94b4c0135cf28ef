import { expect, test } from 'vitest';
import { parseSyncNames } from './sync-names.ts';

test.each([
  ['', null],
  ['  ', null],
  ['a', { method: 'first', required: 1, members: ['a'] }],
  ['a, b', { method: 'first', required: 1, members: ['a', 'b'] }],
  ['*', { method: 'first', required: 1, members: ['*'] }],
  ['2 (a, b, c)', { method: 'first', required: 2, members: ['a', 'b', 'c'] }],
  ['FIRST 1 (a,b)', { method: 'first', required: 1, members: ['a', 'b'] }],
  ['ANY 1 ("gcp-euw4-a", "az-weu-a")', { method: 'any', required: 1, members: ['gcp-euw4-a', 'az-weu-a'] }],
  ['any 2(a,b,"say ""hi""")', { method: 'any', required: 2, members: ['a', 'b', 'say "hi"'] }],
])('%s', (setting, expected) => expect(parseSyncNames(setting)).toEqual(expected));
