import NextAuth from 'next-auth';
import type { NextRequest } from 'next/server';
import { isDatabaseUnavailable } from '@/lib/auth/session.ts';
import { authOptions } from '@/lib/auth/options.ts';
import { problemResponse } from '@/app/api/problem-response.ts';

interface Context {
  params: Promise<{ nextauth: string[] }>;
}

async function handle(request: NextRequest, context: Context): Promise<Response> {
  try {
    return (await NextAuth(request, context, authOptions())) as Response;
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error;
    return problemResponse(503, 'The control database does not answer. Try again in a minute.');
  }
}

export { handle as GET, handle as POST };
