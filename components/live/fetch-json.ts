/** Reads a route of the own API. Every refusal there is a problem (RFC 9457) whose `detail` may be shown. */

const DEADLINE_MS = 15_000;

/** The API's refusal, in a sentence with the remedy. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';
  readonly status: number | null;
  constructor(status: number | null, message: string) {
    super(message);
    this.status = status;
  }
}

/** @throws ApiProblem */
export async function fetchJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  let response: Response;
  try {
    response = await fetch(url, { cache: 'no-store', signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiProblem(null, 'Farshore does not answer. Check the network; retrying automatically.');
  }
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => null)) as { detail?: unknown } | null;
  throw new ApiProblem(response.status, typeof problem?.detail === 'string' ? problem.detail : `Farshore answered ${response.status}.`);
}
