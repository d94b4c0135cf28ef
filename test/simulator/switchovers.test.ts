/** The half of the simulated operations in which the primary is well when they begin (simulate.ts). */
import { simulate } from './simulate.ts';

simulate(({ request }) => request.kind === 'switchover');
