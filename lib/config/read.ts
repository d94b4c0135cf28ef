/** Reads a process's environment once: every problem at once, each with its key, its value and what was expected. */
import { z } from 'zod';

/** The environment is wrong. The message lists every problem, one a line, and shows no secret. */
export class ConfigProblem extends Error {
  override name = 'ConfigProblem';
}

const SECRET_KEY = /SECRET|PASSWORD|TOKEN|DATABASE_URL/;
const VALUE_LENGTH_SHOWN = 80;

function shown(key: string, value: string | undefined): string {
  if (value === undefined) return 'is not set';
  if (SECRET_KEY.test(key)) return 'is set to a value that is not shown';
  return `is ${JSON.stringify(value.length > VALUE_LENGTH_SHOWN ? `${value.slice(0, VALUE_LENGTH_SHOWN)}…` : value)}`;
}

/** Parses `env` by `schema`, whose keys are the variables. An empty variable counts as not set. */
export function readEnvironment<T extends z.ZodRawShape>(
  processName: string,
  schema: z.ZodObject<T>,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<T>> {
  const given = Object.fromEntries(Object.keys(schema.shape).map((key) => [key, env[key]?.trim() === '' ? undefined : env[key]?.trim()]));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const key = String(issue.path[0] ?? '');
    return `  ${key} ${shown(key, given[key])}: ${issue.message}`;
  });
  throw new ConfigProblem(`The environment of the ${processName} has ${problems.length} problem(s):\n${problems.join('\n')}`);
}

const PORT_MAX = 65_535;
export const portNumber = (fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a port number')
    .transform(Number)
    .refine((port) => port >= 0 && port <= PORT_MAX, `expected a port from 0 (any) to ${PORT_MAX}`)
    .default(fallback);

export const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'expected a URL such as postgresql://user@host:5432/database')
  .refine((text) => URL.canParse(text), 'expected a URL such as postgresql://user@host:5432/database (encode special characters as %XX)');

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, y: 365 * 86_400_000 } as const;

/** A length of time such as `6h`, `7d` or `2y`, as milliseconds. */
export const duration = (fallback: string, minMs: number) =>
  z
    .string()
    .regex(/^\d+(m|h|d|y)$/, 'expected a number and a unit, such as 90m, 6h, 7d or 2y')
    .default(fallback)
    .transform((text) => Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1) as keyof typeof UNIT_MS])
    .refine((ms) => ms >= minMs, `expected at least ${minMs / UNIT_MS.h} h`);
