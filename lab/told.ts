/** Defines the answer of a lab verb: what it did, and what to look at in the browser. */
export interface Told {
  did: string;
  look: string;
}

export type KillTarget = 'node' | 'postgres' | 'agent';
