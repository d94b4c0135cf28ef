'use server';
import { redirect } from 'next/navigation';
import { endCurrentSession, requireOwnOrigin } from '@/lib/auth/session.ts';

/** Ends the session at once, everywhere it is open, and goes to the sign-in page. */
export async function signOut(): Promise<void> {
  await requireOwnOrigin();
  await endCurrentSession();
  redirect('/sign-in?reason=signed-out');
}
