/** Builders of correct, idle clusters; a test states only what is different in its case. */
export * from './actor.ts';
export * from './cluster.ts';
export * from './moment.ts';
export * from './observation.ts';
