/** RFC 9457 problems: the one shape of every refusal of the API. */

const TITLES = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not possible now',
  413: 'Too much',
  415: 'Not JSON',
  422: 'Not confirmed',
  429: 'Too many at once',
  500: 'Internal error',
  503: 'Control database unavailable',
} as const;
export type ProblemStatus = keyof typeof TITLES;

const RETRY_AFTER_SECONDS = '5';

/**
 * `detail` says what happened and what to do next; it must hold nothing that the caller may not see. `members` are for programs, such as
 * `reasons`, the sentences one by one.
 */
export function problemResponse(status: ProblemStatus, detail: string, members: Readonly<Record<string, unknown>> = {}): Response {
  const headers = new Headers({ 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' });
  if (status === 401) headers.set('WWW-Authenticate', 'Bearer realm="farshore"');
  if (status === 429 || status === 503) headers.set('Retry-After', RETRY_AFTER_SECONDS);
  return new Response(JSON.stringify({ ...members, type: 'about:blank', title: TITLES[status], status, detail }), { status, headers });
}

export const NO_SUCH_OPERATION = 'There is no operation of this id. GET /api/v1/operations lists them.';
