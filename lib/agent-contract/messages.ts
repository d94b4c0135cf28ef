/**
 * Requests and answers of the agent gateway (HTTP/1.1 over mutual TLS, JSON). Who a message is from is taken from the
 * client certificate, never from the body: no message carries a node id of its own.
 *
 * | request                    | client certificate | body                | answer            |
 * |----------------------------|--------------------|---------------------|-------------------|
 * | POST /v1/join              | none               | JoinRequest         | IdentityResponse  |
 * | POST /v1/renew             | yes                | RenewRequest        | IdentityResponse  |
 * | POST /v1/observations      | yes                | ObservationBatch    | BatchAccepted     |
 * | GET /v1/leadership         | yes                | -                   | LeadershipAnswer  |
 *
 * Every refusal is a `Problem` (application/problem+json).
 */
import { z } from 'zod';
import { NodeFacts } from './facts.ts';
import { Observation } from './observation.ts';
import { Count, Instant, Name, boundedText } from './primitives.ts';

/** A batch larger than this is refused with status 413 before it is parsed. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Samples in one batch. A back-fill of an hour goes out in a few batches, oldest first. */
export const BATCH_SAMPLES_MAX = 300;

export const ObservationBatch = z.object({
  contractVersion: z.literal(1),
  /** Made again at each start of an agent. Two holders of one identity show themselves by two of these alternating. */
  instanceId: z.uuid(),
  agentVersion: boundedText(40),
  /** The agent's clock as the request was written. */
  sentAt: Instant,
  /** Oldest first, sequences strictly growing. May be empty when only facts are sent. */
  samples: z.array(Observation).max(BATCH_SAMPLES_MAX),
  facts: NodeFacts.nullable(),
});
export type ObservationBatch = z.infer<typeof ObservationBatch>;

/** Sent only after the samples are durable in the control database. */
export const BatchAccepted = z.object({
  /** Highest sequence of this node that is durable; the agent may forget everything up to it. `null`: no samples were sent. */
  acceptedThrough: Count.nullable(),
  /** The controller's clock half way between the request's arrival and this answer: compare it with the middle of the wait for it. */
  serverTime: Instant,
});
export type BatchAccepted = z.infer<typeof BatchAccepted>;

export const JoinRequest = z.object({
  contractVersion: z.literal(1),
  /** The secret part of the token that the operator was shown. */
  token: boundedText(200),
  nodeName: Name,
  csrPem: boundedText(8192),
  instanceId: z.uuid(),
  agentVersion: boundedText(40),
});
export type JoinRequest = z.infer<typeof JoinRequest>;

export const RenewRequest = z.object({
  contractVersion: z.literal(1),
  csrPem: boundedText(8192),
  /** The generation of the certificate in use. A mismatch means that somebody else renewed with the same identity. */
  generation: Count,
  instanceId: z.uuid(),
});
export type RenewRequest = z.infer<typeof RenewRequest>;

export const IdentityResponse = z.object({
  /** `spiffe://<install>/node/<uuid>`, also the URI SAN of the certificate. */
  identity: boundedText(300),
  clusterSlug: Name,
  nodeName: Name,
  certificatePem: z.string(),
  /** The authority that signed both sides; may hold two roots while one is being rotated. */
  caPem: z.string(),
  /** The Ed25519 public key (SPKI, PEM) that commands are signed with. Absent from a controller that gives no commands. */
  commandKeyPem: z.string().optional(),
  generation: Count,
  notAfter: Instant,
});
export type IdentityResponse = z.infer<typeof IdentityResponse>;

/**
 * The secret, and the SHA-256 of the authority's certificate (DER, hex): the agent verifies the controller before it sends the secret.
 * Printed as `fj1.<secret>.<fingerprint>`.
 */
export const JoinToken = z.string().regex(/^fj1\.[A-Za-z0-9_-]{22,}\.[0-9a-f]{64}$/, 'not a join token (fj1.<secret>.<fingerprint>)');

/** `leadership: null` = none was ever recorded; `holder: null` = a change of primary is in progress. */
export const LeadershipAnswer = z.object({
  leadership: z.object({ term: Count, holder: Name.nullable() }).nullable(),
  serverTime: Instant,
});
export type LeadershipAnswer = z.infer<typeof LeadershipAnswer>;
