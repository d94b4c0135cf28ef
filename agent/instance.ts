/** Describes one PostgreSQL server of this host: the one that the configuration names, or a throwaway one. Performers know no other. */
import path from 'node:path';
import type { AgentConfig } from './config.ts';

export interface Instance {
  /** `null` = not configured: a server that is down can't be found. */
  dataDirectory: string | null;
  /** Directory of the Unix socket, or a host name. */
  host: string;
  port: number;
  /** The database that the agent's own sessions use. */
  database: string;
  /** Of PostgreSQL's programs; `null` = Debian's place for the version of the data directory. */
  binDirectory: string | null;
  /** The agent's copies of its own files, and its marks. */
  stateDirectory: string;
  /** Where the output of a server goes that the agent starts itself. */
  logFile: string;
}

/** The server that the configuration names. */
export function configuredInstance({ postgres, agent }: AgentConfig): Instance {
  return {
    dataDirectory: postgres.data_directory ?? null,
    host: postgres.host,
    port: postgres.port,
    database: postgres.database,
    binDirectory: postgres.bin_directory ?? null,
    stateDirectory: agent.state_directory,
    logFile: postgres.log_file ?? path.join(agent.state_directory, 'postgresql.log'),
  };
}

/** Where Debian's packages put the programs of a major version. */
export const debianBinDirectory = (major: number): string => `/usr/lib/postgresql/${major}/bin`;
