/** The half of the simulated operations that follow a failure (simulate.ts). */
import { simulate } from './simulate.ts';

simulate(({ request }) => request.kind !== 'switchover');
