'use server';
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { endCurrentSession } from '@/lib/auth/session.ts';

/** Ends the session at once, everywhere it is open, and goes to the sign-in page. */
export async function signOut(): Promise<void> {
  // Next lets actions without an Origin header pass with a warning; a browser always sends one.
  if ((await headers()).get('origin') === null) throw new Error('The request has no Origin header.');
  await endCurrentSession();
  redirect('/sign-in?reason=signed-out');
}
