/** People, sessions and API tokens as the settings list them. Never a hash or a secret. */

export interface ListedPerson {
  email: string;
  name: string;
  role: string;
  createdAt: string;
  disabledAt: string | null;
  lockedUntil: string | null;
  sessions: { id: string; createdAt: string; lastSeenAt: string }[];
  /** `null` = never signed in. */
  lastSeenAt: string | null;
}

export interface ListedApiToken {
  id: number;
  name: string;
  permissions: string[];
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  counts: boolean;
}
