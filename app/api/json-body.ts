import { problemResponse } from './problem-response.ts';

/** No request of this API needs more; a larger one is a mistake or an attack. */
export const BODY_BYTES_MAX = 64 * 1024;
const BODY_TIMEOUT_MS = 10_000;

export type JsonBody = { ok: true; value: unknown } | { ok: false; response: Response };

const bad = (status: 400 | 413 | 415, detail: string): JsonBody => ({ ok: false, response: problemResponse(status, detail) });

/** The JSON object that a request carries; the problem to answer with when it carries none. */
export async function readJsonBody(request: Request): Promise<JsonBody> {
  // A form of another site can send text, but not this type without asking first (CORS).
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return bad(415, 'Send the body as “Content-Type: application/json”.');
  const text = await readText(request);
  if (text === 'too-much') return bad(413, `The body has more than ${BODY_BYTES_MAX} bytes, and was not read.`);
  if (text === 'too-slow') return bad(400, `The body did not arrive within ${BODY_TIMEOUT_MS / 1000} seconds. Send it again.`);
  try {
    const value: unknown = JSON.parse(text.value);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ok: true, value };
  } catch {
    // Not JSON: as below.
  }
  return bad(400, 'The body is not a JSON object.');
}

async function readText(request: Request): Promise<{ value: string } | 'too-much' | 'too-slow'> {
  if (Number(request.headers.get('content-length') ?? 0) > BODY_BYTES_MAX) return 'too-much';
  const reader = request.body?.getReader();
  if (reader === undefined) return { value: '' };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const timer = setTimeout(() => void reader.cancel(new Error('too slow')).catch(() => undefined), BODY_TIMEOUT_MS);
  let ended = false;
  try {
    while (!ended) {
      const { done, value } = await reader.read();
      ended = done;
      if (value === undefined) continue;
      bytes += value.byteLength;
      if (bytes > BODY_BYTES_MAX) return 'too-much';
      chunks.push(value);
    }
  } catch {
    return 'too-slow';
  } finally {
    clearTimeout(timer);
    if (!ended) await reader.cancel().catch(() => undefined);
  }
  return { value: new TextDecoder().decode(Buffer.concat(chunks)) };
}
