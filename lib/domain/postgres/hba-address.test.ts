import { describe, expect, test } from 'vitest';
import { isLoopbackRange, networkPrefix } from './hba-address.ts';

describe('addresses of pg_hba', () => {
  test.each([
    ['0.0.0.0', '0.0.0.0', 0],
    ['10.0.0.0', '255.0.0.0', 8],
    ['10.1.0.0', '255.255.0.0', 16],
    ['10.1.2.3', '255.255.255.255', 32],
    ['10.1.0.0/20', null, 20],
    ['10.1.2.3', null, 32],
    ['::', '::', 0],
    ['fd00::', 'ffff:ffff::', 32],
    ['::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 128],
  ])('%s %s leaves %i bits fixed', (address, netmask, bits) => expect(networkPrefix(address, netmask)?.bits).toBe(bits));

  test.each([['samenet'], ['db.example.org'], ['10.0.0.0/99']])('%s has no width that can be read', (address) => {
    expect(networkPrefix(address, null)).toBeNull();
  });

  test('loopback', () => {
    expect(isLoopbackRange('127.0.0.1', '255.255.255.255')).toBe(true);
    expect(isLoopbackRange('127.77.0.0', '255.255.0.0')).toBe(true);
    expect(isLoopbackRange('::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')).toBe(true);
    expect(isLoopbackRange('0.0.0.0', '0.0.0.0')).toBe(false);
    expect(isLoopbackRange('10.0.0.1', null)).toBe(false);
  });
});
