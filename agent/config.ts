/**
 * Configuration: a TOML file, overridden by the environment, parsed once. Every problem is reported at once, naming key and value, so
 * that a person mends the file in one go.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { KILL_AT_VARIABLE } from './fault-point.ts';
import { messageOf } from '../lib/runtime/error-message.ts';

export const DEFAULT_CONFIG_FILE = '/etc/farshore/agent.toml';
const ENVIRONMENT_PREFIX = 'FARSHORE_AGENT_';
/** Variables with the prefix that are no configuration keys. */
const OTHER_VARIABLES = new Set(['FARSHORE_AGENT_CONFIG', 'FARSHORE_AGENT_JOIN_TOKEN', KILL_AT_VARIABLE]);

const Port = z.coerce.number('a port number').int('a whole number').min(1, 'at least 1').max(65_535, 'at most 65535');
const AbsolutePath = z.string().refine((value) => path.isAbsolute(value), 'an absolute path');
const ControllerUrl = z.string().refine((value) => URL.canParse(value) && new URL(value).protocol === 'https:', 'an https:// URL');
/** Host names and addresses, without a port. */
const HostName = z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'a host name or address');

const Sections = {
  agent: z.strictObject({
    state_directory: AbsolutePath.default('/var/lib/farshore-agent'),
    tick_ms: z.coerce.number('milliseconds').int('a whole number').min(200, 'at least 200').max(60_000, 'at most 60000').default(1000),
  }),
  controller: z.strictObject({ url: ControllerUrl.optional(), server_name: HostName.optional() }),
  postgres: z.strictObject({
    host: z.string().min(1).default('/var/run/postgresql'),
    port: Port.default(5432),
    user: z.string().min(1).default('farshore_monitor'),
    database: z.string().min(1).default('postgres'),
    data_directory: AbsolutePath.optional(),
    bin_directory: AbsolutePath.optional(),
    log_file: AbsolutePath.optional(),
  }),
  health: z.strictObject({ host: HostName.default('0.0.0.0'), port: Port.default(8080) }),
  backup: z.strictObject({
    stanza: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'a stanza name')
      .optional(),
    config: AbsolutePath.optional(),
    command: AbsolutePath.default('/usr/bin/pgbackrest'),
  }),
};

const NodeName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a node name');
/** Where this node finds another one, for replication, pg_rewind and base backups. Private links and NAT differ from pair to pair. */
const Peer = z.strictObject({ host: HostName, hostaddr: HostName.optional(), port: Port.default(5432) });
/** A pgbouncer whose console and configuration file this agent reaches, and where it finds each node. */
const Pooler = z.strictObject({
  /** Directory of its Unix socket, or a host name. */
  console: z.string().min(1),
  port: Port.default(6432),
  user: z.string().min(1).default('pgbouncer'),
  config: AbsolutePath,
  /** The entry under [databases] that applications use. */
  database: z.string().min(1),
  nodes: z.record(NodeName, z.strictObject({ host: HostName, port: Port.default(5432) })),
});
/** Present = this agent may act. Absent = it only observes, and refuses every command. */
const ActingSections = {
  control: z
    .strictObject({
      user: z.string().min(1).default('farshore_control'),
      /** How the server is started and stopped. */
      service: z.enum(['pg_ctl', 'pg_ctlcluster', 'systemd']).default('pg_ctl'),
      /** For systemd. */
      unit: z.string().min(1).optional(),
      /** For pg_ctlcluster: version and name, such as "15/main". */
      cluster: z
        .string()
        .regex(/^\d+\/[A-Za-z0-9_.-]+$/, 'VERSION/NAME')
        .optional(),
      /** Where diverged WAL and lists of lost rows are kept. Default: `kept` in the state directory. */
      keep_directory: AbsolutePath.optional(),
    })
    .optional(),
  /** How this node, as a standby, connects to its upstream. Goes into primary_conninfo. */
  replication: z
    .strictObject({
      user: z.string().min(1).default('farshore_replication'),
      passfile: AbsolutePath.optional(),
      sslmode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']).default('verify-full'),
      sslrootcert: AbsolutePath.optional(),
      sslcert: AbsolutePath.optional(),
      sslkey: AbsolutePath.optional(),
      /** The role that pg_rewind reads the source with. */
      rewind_user: z.string().min(1).default('farshore_rewind'),
    })
    .prefault({}),
  peers: z.record(NodeName, Peer).default({}),
  poolers: z.record(NodeName, Pooler).default({}),
};
const Config = z.strictObject({
  ...ActingSections,
  agent: Sections.agent.prefault({}),
  controller: Sections.controller.prefault({}),
  postgres: Sections.postgres.prefault({}),
  health: Sections.health.prefault({}),
  backup: Sections.backup.prefault({}),
});
export type AgentConfig = z.infer<typeof Config>;

/** All that is wrong with the configuration, one sentence each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((p) => `  ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** Like `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;
type Tree = Record<string, Record<string, unknown>>;

/** `FARSHORE_AGENT_POSTGRES_PORT` → postgres.port; keys of the section `agent` carry no section name. */
function applyEnvironment(tree: Tree, env: Environment, problems: string[]): void {
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || OTHER_VARIABLES.has(name) || value === undefined) continue;
    const rest = name.slice(ENVIRONMENT_PREFIX.length).toLowerCase();
    const section = Object.keys(Sections).find((key) => key !== 'agent' && rest.startsWith(`${key}_`)) ?? 'agent';
    const key = section === 'agent' ? rest : rest.slice(section.length + 1);
    if (!(key in Sections[section as keyof typeof Sections].shape))
      problems.push(`environment ${name}: is not a setting of the agent. Unset it or correct its name.`);
    else tree[section] = { ...tree[section], [key]: value };
  }
}

function valueAt(tree: unknown, keys: readonly PropertyKey[]): unknown {
  return keys.reduce<unknown>(
    (at, key) => (at === null || typeof at !== 'object' ? undefined : (at as Record<PropertyKey, unknown>)[key]),
    tree,
  );
}

function describe(issue: z.core.$ZodIssue, tree: Tree): string[] {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((name) => `${key === '' ? name : `${key}.${name}`}: is not a setting of the agent`);
  return [
    `${key} = ${JSON.stringify(valueAt(tree, issue.path)) ?? 'nothing'}: must be ${issue.message.replace(/^Invalid input: expected /, '')}`,
  ];
}

/**
 * Parses the text of a configuration file (`null`: there is none) with the environment over it.
 * @throws {ConfigError} with all problems together.
 */
export function parseConfig(toml: string | null, env: Environment): AgentConfig {
  let tree: Tree;
  try {
    tree = toml === null ? {} : (parseToml(toml) as Tree);
  } catch (error) {
    throw new ConfigError([`not valid TOML: ${messageOf(error).split('\n')[0]}`]);
  }
  const problems: string[] = [];
  applyEnvironment(tree, env, problems);
  const parsed = Config.safeParse(tree);
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => describe(issue, tree)));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}

/** The default file may be absent (then the environment and the defaults count); one that was named must exist. @throws {ConfigError} */
export function loadConfig(file: string | undefined, env: Environment = process.env): AgentConfig {
  const named = file ?? env['FARSHORE_AGENT_CONFIG'];
  const chosen = named ?? DEFAULT_CONFIG_FILE;
  if (!existsSync(chosen)) {
    if (named !== undefined) throw new ConfigError([`${chosen}: there is no such file. Give the right path with --config.`]);
    return parseConfig(null, env);
  }
  let text: string;
  try {
    text = readFileSync(chosen, 'utf8');
  } catch (error) {
    throw new ConfigError([`${chosen}: can't be read (${messageOf(error)}). Make it readable for the user that runs the agent.`]);
  }
  try {
    return parseConfig(text, env);
  } catch (error) {
    throw error instanceof ConfigError
      ? new ConfigError(error.problems.map((problem) => (problem.startsWith('environment') ? problem : `${chosen}: ${problem}`)))
      : error;
  }
}
