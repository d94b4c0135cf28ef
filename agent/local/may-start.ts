/**
 * `farshore-agent may-start`, run before the server is started (ExecStartPre of its unit, or a script): asks the agent's own disk, then the
 * controller, then the peers. Works whether the agent runs or not, and changes nothing but the mark on the directory of a former primary.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LeadershipAnswer } from '../../lib/agent-contract/messages.ts';
import { newestLeadership } from '../authority/leadership-file.ts';
import { answerAlone, mayStart } from '../authority/may-start.ts';
import type { PeerStanding, RecordedLeader, StartAnswer } from '../authority/may-start.ts';
import { controllerOf } from '../check/check.ts';
import type { AgentConfig } from '../config.ts';
import { configuredInstance } from '../instance.ts';
import { CommandJournal } from '../journal/command-journal.ts';
import { loadIdentity } from '../link/identity.ts';
import type { StoredIdentity } from '../link/identity.ts';
import { getJson, httpsAgentFor } from '../link/request.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { readControl } from '../perform/postgres/directory/control-data.ts';
import { isHeld, leaveHold } from '../perform/postgres/directory/start-guard-mark.ts';
import { serverProcesses } from '../perform/postgres/process/process-table.ts';
import { readSource } from '../perform/postgres/connection/source.ts';

const ASK_AGAIN_MS = 1000;
/** Of one question to the controller, and of one to a peer. */
const ANSWER_DEADLINE_MS = 3000;

/** Asks until there is an answer, at most for `waitMs`. An unknown answer does not throw. */
export async function askMayStart(config: AgentConfig, waitMs: number, tell: (line: string) => void): Promise<StartAnswer> {
  const untilMs = performance.now() + waitMs;
  let told = '';
  for (;;) {
    const answer = await ask(config);
    if (answer.may !== 'unknown' || performance.now() + ASK_AGAIN_MS > untilMs) return answer;
    if (answer.because !== told) tell(answer.because);
    told = answer.because;
    await sleep(ASK_AGAIN_MS);
  }
}

async function ask(config: AgentConfig): Promise<StartAnswer> {
  const dataDirectory = config.postgres.data_directory;
  const stored = loadIdentity(config.agent.state_directory);
  if (config.control === undefined) return { may: 'start', because: 'This agent only observes.' };
  if (stored === null) return { may: 'start', because: 'This agent has not joined a cluster.' };
  if (dataDirectory === undefined || !existsSync(path.join(dataDirectory, 'PG_VERSION')))
    return { may: 'start', because: 'No data directory is known.' };
  const journal = new CommandJournal(config.agent.state_directory, 'read');
  const { revision: _revision, ...leadership } = newestLeadership(config.agent.state_directory, journal);
  journal.close();
  const identity = { ...stored, ...controllerOf(config) };
  const known = {
    nodeName: identity.nodeName,
    leadership,
    timeline: (await readControl(configuredInstance(config)))?.timeline ?? null,
    startsInRecovery: ['standby.signal', 'recovery.signal'].some((name) => existsSync(path.join(dataDirectory, name))),
    isHeld: isHeld(dataDirectory),
  };
  let answer = answerAlone(known);
  if (answer === null) {
    const recorded = await askController(identity);
    const peers = recorded === undefined ? await askPeers(config, identity.nodeName) : [];
    answer = mayStart({ ...known, recorded, peers });
  }
  if (answer.may === 'not' && answer.hold && serverProcesses(dataDirectory).length === 0) leaveHold(dataDirectory);
  return answer;
}

/** `undefined` = no answer. */
async function askController(identity: StoredIdentity): Promise<RecordedLeader | undefined> {
  const agent = httpsAgentFor(identity);
  const url = new URL('/v1/leadership', identity.controllerUrl);
  try {
    const given = await Promise.race([getJson(url, agent, 0), sleep(ANSWER_DEADLINE_MS, null, { ref: false })]);
    return given === null ? undefined : LeadershipAnswer.parse(given.body).leadership;
  } catch {
    return undefined;
  } finally {
    agent.destroy();
  }
}

function askPeers(config: AgentConfig, nodeName: string): Promise<PeerStanding[]> {
  return Promise.all(
    Object.keys(config.peers).map(async (node): Promise<PeerStanding> => {
      try {
        const said = await readSource(
          { config, instance: configuredInstance(config), nodeName, signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) },
          node,
        );
        return { node, answer: { isPrimary: !said.inRecovery, timeline: said.timeline ?? said.checkpointTimeline } };
      } catch {
        return { node, answer: null };
      }
    }),
  );
}

const EXIT_START = 0;
const EXIT_NOT = 1;
/** EX_TEMPFAIL: a unit with Restart=on-failure asks again. */
const EXIT_UNKNOWN = 75;

/** @returns the exit code. Says why on the standard error, which a unit's journal shows. */
export async function mayStartCommand(config: AgentConfig, waitSeconds: number): Promise<number> {
  const tell = (line: string): void => void process.stderr.write(`farshore-agent: ${line}\n`);
  try {
    const answer = await askMayStart(config, waitSeconds * 1000, tell);
    tell(answer.may === 'start' ? `PostgreSQL may start. ${answer.because}` : `PostgreSQL must not start. ${answer.because}`);
    return answer.may === 'start' ? EXIT_START : answer.may === 'not' ? EXIT_NOT : EXIT_UNKNOWN;
  } catch (error) {
    tell(`Whether PostgreSQL may start is unknown: ${messageOf(error)}`);
    return EXIT_UNKNOWN;
  }
}
