import { hash } from '@node-rs/argon2';
import { describe, expect, test } from 'vitest';
import { SignInBusyError, passwordFits } from './password.ts';

describe('passwordFits', () => {
  test('argon2id, and nothing fits where there is no account', async () => {
    const stored = await hash('right');
    expect(stored).toMatch(/^\$argon2id\$/);
    expect(await passwordFits(stored, 'right')).toBe(true);
    expect(await passwordFits(stored, 'wrong')).toBe(false);
    expect(await passwordFits(null, 'right')).toBe(false);
    expect(await passwordFits('not a hash', 'right')).toBe(false);
    expect(await passwordFits(await hash('x'.repeat(1024)), 'x'.repeat(1025))).toBe(false);
  });

  test('a flood is turned away instead of piling up, and afterwards all is as before', async () => {
    const stored = await hash('right');
    const flood = await Promise.allSettled(Array.from({ length: 200 }, () => passwordFits(stored, 'right')));
    const refused = flood.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.every((result) => result.reason instanceof SignInBusyError)).toBe(true);
    expect(flood.filter((result) => result.status === 'fulfilled').every((result) => result.value)).toBe(true);
    expect(await passwordFits(stored, 'right')).toBe(true);
  });
});
