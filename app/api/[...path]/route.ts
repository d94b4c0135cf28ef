import { problemResponse } from '@/app/api/problem-response.ts';

/** Any address of the API that does not exist: a problem, not a page. */
function notFound(): Response {
  return problemResponse(404, 'There is no such address. GET /api/v1/clusters lists the clusters.');
}
export { notFound as DELETE, notFound as GET, notFound as PATCH, notFound as POST, notFound as PUT };
