/** Runs `farshore-agent check`: tests everything the agent needs and prints the remedy of each problem. */
import type { AgentConfig } from '../config.ts';
import { codeOf, messageOf } from '../../lib/runtime/error-message.ts';
import { binDirectoryFor } from '../observe/facts.ts';
import { Session } from '../observe/session.ts';
import { checkControl } from './control.ts';
import { checkDatabase, connectionRemedy } from './database.ts';
import {
  checkBackup,
  checkBinaries,
  checkController,
  checkDataDirectory,
  checkIdentity,
  checkJournal,
  checkStateDirectory,
} from './host.ts';
import { missing, ok } from './report.ts';
import type { CheckResult } from './report.ts';

const CONNECT_DEADLINE_MS = 3000;

/** The part that an agent repeats each minute: its own rights and binaries, over the session that it has. Never throws. */
export async function checkRights(session: Session, config: AgentConfig): Promise<CheckResult[]> {
  try {
    const constants = await session.ready(CONNECT_DEADLINE_MS);
    return [
      ...(await checkDatabase(session)),
      checkDataDirectory(constants.dataDirectory ?? config.postgres.data_directory ?? null, config.postgres.data_directory),
      ...checkBinaries(binDirectoryFor(config.postgres.bin_directory, constants.serverVersionNumber)),
    ];
  } catch (error) {
    return [missing('PostgreSQL', messageOf(error), connectionRemedy(config, codeOf(error)))];
  }
}

/** All checks, in the order in which a person fixes them. Never throws. */
export async function runChecks(config: AgentConfig): Promise<CheckResult[]> {
  const session = new Session(config.postgres);
  try {
    const { host, port, user } = config.postgres;
    const rights = await checkRights(session, config);
    const connected = session.connected ? [ok('PostgreSQL', `${user} at ${host}:${port}`)] : [];
    const stateDirectory = checkStateDirectory(config.agent.state_directory);
    const { results, identity } =
      stateDirectory.verdict === 'ok' ? checkIdentity(config.agent.state_directory, Date.now()) : { results: [], identity: null };
    const journal = stateDirectory.verdict === 'ok' ? [checkJournal(config.agent.state_directory)] : [];
    const controller = identity === null ? [] : await checkController({ ...identity, ...controllerOf(config) });
    return [
      ...connected,
      ...rights,
      ...(await checkControl(config)),
      await checkBackup(config),
      stateDirectory,
      ...journal,
      ...results,
      ...controller,
    ];
  } finally {
    await session.end();
  }
}

/** Where the configuration overrides what `join` stored. */
export function controllerOf(config: AgentConfig): { controllerUrl?: string; serverName?: string } {
  const { url, server_name: serverName } = config.controller;
  return { ...(url === undefined ? {} : { controllerUrl: url }), ...(serverName === undefined ? {} : { serverName }) };
}
