/** The environment of the web process. */
import { z } from 'zod';
import { databaseUrl, portNumber, readEnvironment } from './read.ts';

const SECRET_LENGTH_MIN = 32;

const WebEnvironment = z.object({
  FARSHORE_WEB_DATABASE_URL: z
    .string({ error: 'set it to the control database under the role of the web process (the controller prints it at start)' })
    .pipe(databaseUrl),
  NEXTAUTH_URL: z
    .string({ error: 'set it to the address that browsers use, such as https://farshore.example' })
    .refine((text) => URL.canParse(text) && /^https?:/.test(text), 'expected an http or https URL'),
  NEXTAUTH_SECRET: z
    .string({ error: 'set it to a random text, for example from: openssl rand -base64 32' })
    .min(SECRET_LENGTH_MIN, `expected at least ${SECRET_LENGTH_MIN} characters, for example from: openssl rand -base64 32`),
  PORT: portNumber(3000),
  HOST: z.string().default('127.0.0.1'),
});

export interface WebConfig {
  databaseUrl: string;
  /** Address that browsers use. */
  publicUrl: string;
  authSecret: string;
  port: number;
  host: string;
}

/** @throws ConfigProblem with every problem at once. */
export function readWebConfig(env: Readonly<Record<string, string | undefined>> = process.env): WebConfig {
  const values = readEnvironment('web process', WebEnvironment, env);
  return {
    databaseUrl: values.FARSHORE_WEB_DATABASE_URL,
    publicUrl: values.NEXTAUTH_URL,
    authSecret: values.NEXTAUTH_SECRET,
    port: values.PORT,
    host: values.HOST,
  };
}
