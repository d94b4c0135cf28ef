import { describe, expect, test } from 'vitest';
import { parsePostmasterFile } from './postmaster.ts';
import type { Postmaster } from './postmaster.ts';
import { classifyFailure } from './server-state.ts';
import type { Failure } from './server-state.ts';

const failure = (code: string | null, message = 'x', timedOut = false): Failure => ({ code, message, timedOut });
const postmaster = (over: Partial<Postmaster> = {}): Postmaster => ({
  presence: 'running',
  pid: 7,
  status: 'ready',
  frozen: false,
  ...over,
});
const absent = postmaster({ presence: 'absent', pid: null, status: null });

describe('server state', () => {
  test.each([
    ['starting, by SQLSTATE', failure('57P03', 'the database system is starting up'), postmaster({ status: 'starting' }), 'starting'],
    ['shutting down, by its words', failure('57P03', 'the database system is shutting down'), postmaster(), 'stopping'],
    ['in another language, with nothing in the lock file', failure('57P03', 'das Datenbanksystem fährt hoch'), postmaster(), 'refusing'],
    ['starting, in another language', failure('57P03', 'das Datenbanksystem fährt hoch'), postmaster({ status: 'starting' }), 'starting'],
    [
      'ended by an administrator, in another language',
      failure('57P01', 'Verbindung wird abgebrochen aufgrund von Anweisung des Administrators'),
      postmaster(),
      'stopping',
    ],
    ['shutting down, in another language', failure('57P03', 'fährt herunter'), postmaster({ status: 'stopping' }), 'stopping'],
    ['too many connections: alive', failure('53300', 'sorry, too many clients already'), postmaster(), 'refusing'],
    ['wrong password', failure('28P01'), postmaster(), 'refusing'],
    ['no such database', failure('3D000'), postmaster(), 'refusing'],
    ['no answer', failure(null, 'no answer', true), postmaster(), 'not-responding'],
    ['frozen by a signal', failure(null, 'no answer', true), postmaster({ frozen: true }), 'not-responding'],
    ['no socket, no process', failure('ENOENT'), absent, 'stopped'],
    ['no socket, pid file unreadable', failure('ECONNREFUSED'), postmaster({ presence: 'unreadable', pid: null }), 'stopped'],
    ['no socket, but a postmaster elsewhere', failure('ENOENT'), postmaster(), 'not-responding'],
    ['no socket yet', failure('ENOENT'), postmaster({ status: 'starting' }), 'starting'],
    ['connection broken, process gone', failure('ECONNRESET'), absent, 'stopped'],
  ] as const)('%s', (_, failed, seen, state) => expect(classifyFailure(failed, seen).state).toBe(state));

  test('a wrong port is explained', () => {
    expect(classifyFailure(failure('ENOENT'), postmaster()).message).toMatch(/\[postgres\] host and port/);
  });
});

describe('postmaster.pid', () => {
  test('pid and status', () => {
    const text = '123\n/data\n1700000000\n5432\n/run\nlocalhost\n  1 2\nstandby  \n';
    expect(parsePostmasterFile(text)).toEqual({ pid: 123, status: 'standby' });
  });
  test('torn or empty', () => {
    expect(parsePostmasterFile('')).toBeNull();
    expect(parsePostmasterFile('123\n/data')).toEqual({ pid: 123, status: null });
  });
});
