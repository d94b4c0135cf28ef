import { describe, expect, test } from 'vitest';
import { isOwnOrigin } from './request-origin.ts';

describe('isOwnOrigin', () => {
  test.each([
    ['https://farshore.example', 'internal:3000', 'https://farshore.example', true],
    ['http://127.0.0.1:4000', '127.0.0.1:4000', 'http://127.0.0.1:4000', true],
    ['http://localhost:4000', 'localhost:4000', 'http://127.0.0.1:4000', true],
    [null, '127.0.0.1:4000', 'http://127.0.0.1:4000', false],
    ['null', '127.0.0.1:4000', 'http://127.0.0.1:4000', false],
    ['http://evil.example', '127.0.0.1:4000', 'http://127.0.0.1:4000', false],
    ['http://127.0.0.1:4001', '127.0.0.1:4000', 'http://127.0.0.1:4000', false],
    ['http://farshore.example', 'farshore.example', 'https://farshore.example', false],
    ['https://farshore.example.evil.example', 'farshore.example', 'https://farshore.example', false],
  ])('%s to %s of %s: %s', (origin, host, publicUrl, own) => expect(isOwnOrigin(origin, host, publicUrl)).toBe(own));
});
