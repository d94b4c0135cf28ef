import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readControllerConfig } from './controller.ts';
import { readWebConfig } from './web.ts';

describe('controller', () => {
  test('needs nothing', () => {
    expect(readControllerConfig({})).toEqual({
      databaseUrl: null,
      dir: path.resolve('.farshore/control'),
      gatewayHost: '0.0.0.0',
      gatewayPort: 7443,
      gatewayNames: ['localhost', '127.0.0.1'],
      healthHost: '127.0.0.1',
      healthPort: 7480,
      webRole: 'farshore_web',
      fenceCommand: null,
      retention: { rawMs: 6 * 3_600_000, tier10Ms: 7 * 86_400_000, tier60Ms: 90 * 86_400_000, tier600Ms: 730 * 86_400_000 },
    });
  });

  test('an empty variable counts as not set', () => {
    expect(readControllerConfig({ DATABASE_URL: ' ', FARSHORE_GATEWAY_PORT: '' })).toMatchObject({ databaseUrl: null, gatewayPort: 7443 });
  });

  test('lists are split, addresses of both kinds are welcome', () => {
    expect(readControllerConfig({ FARSHORE_GATEWAY_NAMES: 'gw.example.com, 10.0.0.1 ,::1' }).gatewayNames).toEqual([
      'gw.example.com',
      '10.0.0.1',
      '::1',
    ]);
  });

  test('every problem at once, each with key, value and what was expected', () => {
    const env = {
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      FARSHORE_GATEWAY_PORT: '70000',
      FARSHORE_GATEWAY_NAMES: 'good.example.com,<script>',
      FARSHORE_RETENTION_RAW: '1h',
      FARSHORE_RETENTION_10S: 'a week',
    };
    const message = (() => {
      try {
        readControllerConfig(env);
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    })();
    expect(message).toContain('has 5 problem(s)');
    expect(message).toContain('FARSHORE_GATEWAY_PORT is "70000": expected a port from 0 (any) to 65535');
    expect(message).toContain('FARSHORE_RETENTION_RAW is "1h": expected at least 2 h');
    expect(message).toContain('FARSHORE_RETENTION_10S is "a week"');
    expect(message).toContain('DATABASE_URL is set to a value that is not shown');
    expect(message).not.toContain('hunter2');
  });
});

describe('web', () => {
  const GOOD = {
    FARSHORE_WEB_DATABASE_URL: 'postgresql://farshore_web:x@127.0.0.1:5432/farshore',
    NEXTAUTH_URL: 'http://127.0.0.1:3000',
    NEXTAUTH_SECRET: 's'.repeat(32),
  };

  test('reads what it needs', () => {
    expect(readWebConfig(GOOD)).toMatchObject({ publicUrl: 'http://127.0.0.1:3000', port: 3000, host: '127.0.0.1' });
  });

  test('says at once everything that is missing, and how to get it', () => {
    expect(() => readWebConfig({})).toThrow(
      /3 problem.*FARSHORE_WEB_DATABASE_URL is not set.*NEXTAUTH_URL is not set.*NEXTAUTH_SECRET is not set.*openssl rand/s,
    );
  });

  test('a short secret is refused and not shown', () => {
    expect(() => readWebConfig({ ...GOOD, NEXTAUTH_SECRET: 'tooshort' })).toThrow(/^(?!.*tooshort).*at least 32 characters/s);
  });
});
