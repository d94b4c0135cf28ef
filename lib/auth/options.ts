import type { AuthOptions } from 'next-auth';
import CredentialsProvider from 'next-auth/providers/credentials';
import { readWebConfig } from '../config/web.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import { sameOriginPath } from './callback-path.ts';
import { isSecureUrl } from './security-headers.ts';
import { signInWithPassword, signOutSession } from './sign-in.ts';

const LONGEST_SESSION_SECONDS = 12 * 3600;

/** The session id inside next-auth's signed cookie. The cookie says nothing else: roles are read from the database. */
declare module 'next-auth' {
  interface Session {
    sessionId?: string;
  }
  interface User {
    sessionId?: string;
  }
}
declare module 'next-auth/jwt' {
  interface JWT {
    sessionId?: string;
  }
}

/** next-auth's configuration. A function, because the environment is read at run time, never while building. */
export function authOptions(): AuthOptions {
  const config = readWebConfig();
  return {
    secret: config.authSecret,
    session: { strategy: 'jwt', maxAge: LONGEST_SESSION_SECONDS },
    pages: { signIn: '/sign-in', signOut: '/sign-in', error: '/sign-in' },
    cookies: cookieNames(config.publicUrl),
    providers: [
      CredentialsProvider({
        name: 'password',
        credentials: { email: { type: 'email' }, password: { type: 'password' } },
        authorize,
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => (user?.sessionId !== undefined ? { sessionId: user.sessionId } : token),
      session: ({ session, token }) => ({
        expires: session.expires,
        ...(token.sessionId !== undefined ? { sessionId: token.sessionId } : {}),
      }),
      redirect: ({ url, baseUrl }) => baseUrl + sameOriginPath(url, baseUrl),
    },
    events: {
      signOut: async ({ token }) => {
        if (token?.sessionId !== undefined) await signOutSession(webDatabase(), token.sessionId, Date.now());
      },
    },
  };
}

/** next-auth sends what it throws to the browser: it says only that something is wrong here. */
async function authorize(credentials: unknown): Promise<{ id: string; sessionId: string } | null> {
  try {
    const signedIn = await signInWithPassword(webDatabase(), credentials, Date.now());
    return signedIn === null ? null : { id: String(signedIn.userId), sessionId: signedIn.sessionId };
  } catch (error) {
    console.error('[web] A sign-in could not be checked:', (error as Error).message);
    throw new Error('Unavailable', { cause: error });
  }
}

/**
 * By https, names that browsers accept only from this very host over https. Else plain names with the port in them, because
 * cookies are not kept apart by port and two installs on one machine would sign each other out.
 */
export function cookieNames(publicUrl: string): NonNullable<AuthOptions['cookies']> {
  const secure = isSecureUrl(publicUrl);
  const port = new URL(publicUrl).port;
  const name = (part: string) => (secure ? `__Host-farshore-${part}` : `farshore-${part}${port === '' ? '' : `-${port}`}`);
  const options = { httpOnly: true, sameSite: 'lax' as const, path: '/', secure };
  return {
    sessionToken: { name: name('session'), options },
    callbackUrl: { name: name('return'), options },
    csrfToken: { name: name('csrf'), options },
  };
}
