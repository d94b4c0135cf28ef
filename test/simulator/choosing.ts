export type Chooser = (plan: import('../../lib/domain/operation/model.ts').Plan, run: import('../../lib/domain/operation/model.ts').Run, bug: import('./bugs.ts').Bug | null) => string | null;
export const choose: Chooser = () => null;
