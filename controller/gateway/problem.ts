/** Lists every refusal of the gateway: a closed list of kinds, each an RFC 9457 problem that says what happened and what to do. */
import type { Problem } from '../../lib/agent-contract/primitives.ts';
import { NotDurable } from '../collection/ingest-queue.ts';

const KINDS = {
  'certificate-missing': { status: 401, title: 'No client certificate', retryable: false },
  'certificate-refused': { status: 403, title: 'Client certificate refused', retryable: false },
  'identity-locked': { status: 403, title: 'Identity locked', retryable: false },
  'node-retired': { status: 403, title: 'Node retired', retryable: false },
  'join-refused': { status: 403, title: 'Join refused', retryable: false },
  'not-found': { status: 404, title: 'No such resource', retryable: false },
  'method-not-allowed': { status: 405, title: 'Method not allowed', retryable: false },
  'request-timeout': { status: 408, title: 'Request too slow', retryable: true },
  'instance-superseded': { status: 409, title: 'Superseded by a newer agent', retryable: false },
  'body-too-large': { status: 413, title: 'Message too large', retryable: false },
  'unsupported-encoding': { status: 415, title: 'Unsupported encoding', retryable: false },
  'invalid-message': { status: 422, title: 'Message not understood', retryable: false },
  'too-many-requests': { status: 429, title: 'Too many requests', retryable: true },
  'malformed-request': { status: 400, title: 'Malformed request', retryable: false },
  'headers-too-large': { status: 431, title: 'Headers too large', retryable: false },
  'internal-error': { status: 500, title: 'The controller failed', retryable: true },
  unavailable: { status: 503, title: 'Temporarily unavailable', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>;

export type ProblemKind = keyof typeof KINDS;

/** Thrown anywhere while a request is handled; the server turns it into the answer. `detail` is read by a person. */
export class GatewayProblem extends Error {
  override name = 'GatewayProblem';
  readonly kind: ProblemKind;
  readonly retryAfterSeconds: number | null;

  constructor(kind: ProblemKind, detail: string, options: { retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }

  get status(): number {
    return KINDS[this.kind].status;
  }

  /** The body of the answer. */
  toProblem(): Problem {
    const { status, title, retryable } = KINDS[this.kind];
    return { type: `urn:farshore:problem:${this.kind}`, title, status, detail: this.message, retryable };
  }
}

/** A problem for anything thrown: what is not a GatewayProblem is a defect of ours, and tells the peer nothing about it. */
export function asProblem(error: unknown): GatewayProblem {
  if (error instanceof GatewayProblem) return error;
  if (error instanceof NotDurable) {
    const kind = error.reason === 'content' ? 'invalid-message' : 'unavailable';
    return new GatewayProblem(kind, error.message, { retryAfterSeconds: error.retryAfterSeconds, cause: error.cause });
  }
  if (isDatabaseAway(error)) {
    const detail = 'The controller’s database does not answer. Nothing was changed; try again in a moment.';
    return new GatewayProblem('unavailable', detail, { retryAfterSeconds: 2, cause: error });
  }
  const detail = 'The controller met an unexpected error; it is in the controller’s log. The agent keeps its samples and sends them again.';
  return new GatewayProblem('internal-error', detail, { retryAfterSeconds: 2, cause: error });
}

/** Connection refused or lost, starting or stopping, overloaded, or too slow: it passes, and sending again helps. */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && /^(08|53|57|ECONN|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH)/.test(code)) return true;
  return /timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error/i.test(
    error.message,
  );
}
