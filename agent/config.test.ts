import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig, parseConfig } from './config.ts';
import type { ConfigError, Environment } from './config.ts';
import { AGENT_VERSION } from './version.ts';

const problemsOf = (toml: string | null, env: Environment = {}): readonly string[] => {
  try {
    parseConfig(toml, env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};

describe('configuration', () => {
  test('an empty one has the documented defaults', () => {
    const config = parseConfig(null, {});
    expect(config.postgres).toMatchObject({ host: '/var/run/postgresql', port: 5432, user: 'farshore_monitor' });
    expect(config.agent.tick_ms).toBe(1000);
  });

  test('all problems are told at once, each with its key and value', () => {
    const problems = problemsOf('[agent]\ntick_ms = 3\n[controller]\nurl = "http://x"\n[postgres]\nport = "x"\nfoo = 1\n[extra]\na = 1', {
      FARSHORE_AGENT_HEALTH_PORT: '99999',
      FARSHORE_AGENT_TIK_MS: '1',
    });
    expect(problems.join('\n')).toMatchInlineSnapshot(`
      "environment FARSHORE_AGENT_TIK_MS: is not a setting of the agent. Unset it or correct its name.
      agent.tick_ms = 3: must be at least 200
      controller.url = "http://x": must be an https:// URL
      postgres.port = "x": must be a port number
      postgres.foo: is not a setting of the agent
      health.port = "99999": must be at most 65535
      extra: is not a setting of the agent"
    `);
  });

  test('the environment goes over the file, and only its own names count', () => {
    const env = { FARSHORE_AGENT_POSTGRES_PORT: '6000', FARSHORE_AGENT_STATE_DIRECTORY: '/s', FARSHORE_AGENT_JOIN_TOKEN: 'x', PGPORT: '1' };
    const config = parseConfig('[postgres]\nport = 5433', env);
    expect([config.postgres.port, config.agent.state_directory]).toEqual([6000, '/s']);
  });

  test('text that is no TOML and files that are not there are named', () => {
    expect(problemsOf('[postgres\nport=1')[0]).toMatch(/^not valid TOML/);
    expect(() => loadConfig('/nowhere/agent.toml', {})).toThrow('/nowhere/agent.toml: there is no such file');
  });

  test('the example in the repository is valid', () => {
    const file = path.join(import.meta.dirname, 'agent.example.toml');
    expect(loadConfig(file, {}).postgres.port).toBe(5432);
  });

  test('the version is the package’s', () => {
    const manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string };
    expect(AGENT_VERSION).toBe(manifest.version);
  });
});
