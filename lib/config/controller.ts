/** The environment of the controller. */
import { isIP } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { databaseUrl, duration, portNumber, readEnvironment } from './read.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const ControllerEnvironment = z.object({
  DATABASE_URL: databaseUrl.optional(),
  FARSHORE_DIR: z.string().default('.farshore/control'),
  FARSHORE_GATEWAY_HOST: z
    .string()
    .refine((text) => isIP(text) !== 0 || DNS_NAME.test(text), 'expected an address to listen on, such as 0.0.0.0')
    .default('0.0.0.0'),
  FARSHORE_GATEWAY_PORT: portNumber(7443),
  FARSHORE_GATEWAY_NAMES: z
    .string()
    .default('localhost,127.0.0.1')
    .transform(splitList)
    .refine(
      (names) => names.length > 0 && names.every((name) => isIP(name) !== 0 || DNS_NAME.test(name)),
      'expected DNS names and IP addresses, separated by commas, as agents will dial them',
    ),
  FARSHORE_HEALTH_HOST: z
    .string()
    .refine((text) => isIP(text) !== 0 || DNS_NAME.test(text), 'expected an address to listen on, such as 127.0.0.1')
    .default('127.0.0.1'),
  FARSHORE_HEALTH_PORT: portNumber(7480),
  FARSHORE_WEB_ROLE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'expected the name of a database role')
    .default('farshore_web'),
  FARSHORE_FENCE_COMMAND: z
    .string()
    .refine((text) => path.isAbsolute(text), 'expected the absolute path of a program; it is given cluster and node')
    .optional(),
  FARSHORE_RETENTION_RAW: duration('6h', 2 * HOUR_MS),
  FARSHORE_RETENTION_10S: duration('7d', DAY_MS),
  FARSHORE_RETENTION_1MIN: duration('90d', 7 * DAY_MS),
  FARSHORE_RETENTION_10MIN: duration('2y', 30 * DAY_MS),
});

/** How long rows of each sample table are kept, in milliseconds. */
export interface RetentionConfig {
  rawMs: number;
  tier10Ms: number;
  tier60Ms: number;
  tier600Ms: number;
}

export interface ControllerConfig {
  /** `null`: start a private PostgreSQL under `dir`. */
  databaseUrl: string | null;
  /** Absolute. Keys and the private database live here. */
  dir: string;
  gatewayHost: string;
  gatewayPort: number;
  /** Names and addresses that the gateway's certificate must carry. */
  gatewayNames: string[];
  healthHost: string;
  healthPort: number;
  /** Database role of the web process, which is given its narrow privileges after migrations (when it exists). */
  webRole: string;
  retention: RetentionConfig;
  /** The program that cuts a node off, given cluster and node; it ends with 0 only when that is certain. `null`: there is none. */
  fenceCommand: string | null;
}

/** @throws ConfigProblem with every problem at once. */
export function readControllerConfig(env: Readonly<Record<string, string | undefined>> = process.env): ControllerConfig {
  const values = readEnvironment('controller', ControllerEnvironment, env);
  return {
    databaseUrl: values.DATABASE_URL ?? null,
    dir: path.resolve(values.FARSHORE_DIR),
    gatewayHost: values.FARSHORE_GATEWAY_HOST,
    gatewayPort: values.FARSHORE_GATEWAY_PORT,
    gatewayNames: values.FARSHORE_GATEWAY_NAMES,
    healthHost: values.FARSHORE_HEALTH_HOST,
    healthPort: values.FARSHORE_HEALTH_PORT,
    webRole: values.FARSHORE_WEB_ROLE,
    fenceCommand: values.FARSHORE_FENCE_COMMAND ?? null,
    retention: {
      rawMs: values.FARSHORE_RETENTION_RAW,
      tier10Ms: values.FARSHORE_RETENTION_10S,
      tier60Ms: values.FARSHORE_RETENTION_1MIN,
      tier600Ms: values.FARSHORE_RETENTION_10MIN,
    },
  };
}
