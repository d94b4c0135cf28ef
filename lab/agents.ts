/** Runs the real agent beside each server: its configuration, its one-time join, its process. */
import { copyFileSync, chmodSync, existsSync, linkSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HEALTH_PORT, controllerLinkAddress, nodeAddress } from './addresses.ts';
import { agentConfig } from './agent-config.ts';
import type { Binaries } from './binaries.ts';
import { makePrivateDirectory, writePrivateFile } from './directory.ts';
import { CONTROLLER, usualRttMs } from './fleet.ts';
import type { RunningNode } from './lab-node.ts';
import { canUse } from './os-user.ts';
import type { OsUser } from './os-user.ts';
import { isAlive, signal } from './process-table.ts';
import { killTree, logTail } from './processes.ts';
import type { OwnedProcess, ProcessKeeper } from './processes.ts';
import type { LinkProxy } from './proxy/link-proxy.ts';
import { waitFor } from './waiting.ts';

/** The agent as it is shipped, made by `npm run build`; somebody who works on it may name another file, until the first node has its agent. */
const agentBundle = (): string =>
  resolve(process.env['FARSHORE_LAB_AGENT_BUNDLE'] ?? resolve(import.meta.dirname, '..', 'dist', 'farshore-agent.cjs'));
const JOIN_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
const RUNNING_DEADLINE_MS = 15_000;
const MAY_START_WAIT_SECONDS = 20;
const MAY_START_DEADLINE_MS = 40_000;

export interface AgentGround {
  root: string;
  range: string;
  user: OsUser;
  binaries: Binaries;
  keeper: ProcessKeeper;
  proxy: LinkProxy;
}

export class AgentProcess {
  readonly #ground: AgentGround;
  readonly #node: RunningNode;
  #process: OwnedProcess | null = null;
  #joined = false;
  #linkTarget: string | null = null;

  constructor(ground: AgentGround, node: RunningNode) {
    this.#ground = ground;
    this.#node = node;
  }

  get logFile(): string {
    return join(this.#node.paths.log, 'agent.log');
  }

  get #configFile(): string {
    return join(this.#node.paths.agent, 'agent.toml');
  }

  /** `absent`: no agent was ever started on this node. */
  state(): 'running' | 'stopped' | 'absent' {
    if (this.#process !== null && isAlive(this.#process.identity)) return 'running';
    return this.#joined ? 'stopped' : 'absent';
  }

  /** Enrols the agent through its link to the controller, and starts it. */
  async join(controllerUrl: string, joinToken: string): Promise<void> {
    const { keeper } = this.#ground;
    const runtime = provideRuntime(this.#ground);
    const link = await this.#openControllerLink(new URL(controllerUrl));
    this.#writeConfig(link, new URL(controllerUrl).hostname);
    await keeper.run(
      runtime.node,
      [runtime.agent, 'join', '--config', this.#configFile, '--controller', link, '--node', this.#node.spec.name],
      JOIN_DEADLINE_MS,
      {
        cwd: this.#node.paths.agent,
        environment: { HOME: this.#node.paths.agent, FARSHORE_AGENT_JOIN_TOKEN: joinToken },
      },
    );
    this.#joined = true;
    await this.start();
  }

  /**
   * Starts an agent that has joined, and waits until its health port answers. Does nothing when it runs or never joined.
   * @param environment such as a fault point; given to this start only.
   */
  async start(environment: Record<string, string> = {}): Promise<void> {
    if (!this.#joined || this.state() === 'running') return;
    const { keeper, user, range } = this.#ground;
    const runtime = provideRuntime(this.#ground);
    const started = keeper.start(`agent ${this.#node.spec.name}`, runtime.node, [runtime.agent, 'run', '--config', this.#configFile], {
      user,
      workingDirectory: this.#node.paths.agent,
      logFile: this.logFile,
      environment: { HOME: this.#node.paths.agent, ...environment },
    });
    this.#process = started;
    const health = `http://${nodeAddress(range, this.#node.spec.index)}:${HEALTH_PORT}/health`;
    await waitFor(`the agent of ${this.#node.spec.name} to answer at ${health} (log: ${this.logFile})`, RUNNING_DEADLINE_MS, async () => {
      if (!isAlive(started.identity)) throw new Error(`The agent of ${this.#node.spec.name} did not start: ${logTail(this.logFile)}`);
      // Any answer will do: what it says about PostgreSQL is not the question here.
      return fetch(health, { signal: AbortSignal.timeout(1000) }).then(
        () => true,
        () => false,
      );
    });
  }

  /** For a host's unit before it starts PostgreSQL. @returns why it must not start; `null` = it may, or there is no agent to ask. */
  async whyNotStartServer(): Promise<string | null> {
    if (!this.#joined) return null;
    const { keeper } = this.#ground;
    const runtime = provideRuntime(this.#ground);
    const args = [runtime.agent, 'may-start', '--config', this.#configFile, '--wait', String(MAY_START_WAIT_SECONDS)];
    const directory = this.#node.paths.agent;
    return keeper
      .run(runtime.node, args, MAY_START_DEADLINE_MS, { cwd: directory, environment: { HOME: directory } })
      .then(() => null)
      .catch((error: Error) => /PostgreSQL must not start\. (.*)/s.exec(error.message)?.[1]?.trim() ?? error.message);
  }

  async stop(): Promise<void> {
    if (this.#process === null) return;
    const { identity } = this.#process;
    signal(identity, 'SIGTERM');
    await waitFor('it to end', STOP_DEADLINE_MS, () => !isAlive(identity)).catch(() => killTree(identity));
  }

  /** SIGKILL to the agent alone: what it started (a server, a base backup) lives on, as on a host. */
  async kill(): Promise<void> {
    if (this.#process === null) return;
    const { identity } = this.#process;
    signal(identity, 'SIGKILL');
    await waitFor('the killed agent to be gone', STOP_DEADLINE_MS, () => !isAlive(identity));
  }

  async #openControllerLink(controller: URL): Promise<string> {
    const { range, proxy } = this.#ground;
    const { spec } = this.#node;
    const port = Number(controller.port || 443);
    const listen = { host: controllerLinkAddress(range, spec.index), port };
    if (this.#linkTarget !== null && this.#linkTarget !== controller.host) {
      throw new Error(
        `The agent of ${spec.name} already has a link to ${this.#linkTarget}; a lab's agents stay with one controller address.`,
      );
    }
    if (this.#linkTarget === null) {
      const target = { host: controller.hostname, port };
      const rttMs = usualRttMs(spec.site.region, CONTROLLER);
      await proxy.open({ from: spec.name, to: CONTROLLER, listen, target, localAddress: nodeAddress(range, spec.index), rttMs });
      this.#linkTarget = controller.host;
    }
    return `https://${listen.host}:${port}`;
  }

  #writeConfig(link: string, serverName: string): void {
    const { user } = this.#ground;
    const { paths } = this.#node;
    const state = join(paths.agent, 'state');
    if (!existsSync(state)) makePrivateDirectory(state, user);
    writePrivateFile(this.#configFile, agentConfig(this.#ground, this.#node, { url: link, serverName }, state), user);
  }
}

/** Node and the agent's bundle where the servers' OS user can run them: in place, or copied into the lab. */
function provideRuntime({ root, user }: AgentGround): { node: string; agent: string } {
  const bundle = agentBundle();
  if (!existsSync(bundle)) throw new Error(`${bundle} is missing. Build the agent first: npm run build`);
  const directory = join(root, 'runtime');
  if (!existsSync(directory)) {
    mkdirSync(directory, { mode: 0o755 });
    chmodSync(directory, 0o755);
  }
  const agent = join(directory, 'farshore-agent.cjs');
  if (!existsSync(agent)) copyFileSync(bundle, agent);
  chmodSync(agent, 0o644);
  if (canUse(user, process.execPath)) return { node: process.execPath, agent };
  const node = join(directory, 'node');
  if (!existsSync(node)) linkOrCopy(process.execPath, node);
  return { node, agent };
}

/** A copy of Node weighs 120 MB; on one file system a second name costs nothing. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
