/** What a verb of the lab tells: what it did, and what to look at in the browser. */
export interface Told {
  did: string;
  look: string;
}

export type KillTarget = 'node' | 'postgres' | 'agent';
