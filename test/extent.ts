/** Says how much of what can be tested a run takes: its turn's share, or all of it (`npm run test:matrix`). */
import { Chance } from './simulator/random.ts';

const TURN_MS = 6 * 3_600_000;
const TURNS_OF_DAY = 4;
/** Cases that stand side by side differ in little; this order, always the same, puts them apart. */
const ORDER_SEED = 1;

export const IS_WHOLE = process.env['FARSHORE_MATRIX'] === 'all';
/** Goes up by one every six hours. FARSHORE_TEST_TURN repeats what an earlier run took. */
export const TURN = turnOf(process.env['FARSHORE_TEST_TURN'], Date.now());

export interface Share {
  /** Cases of a run. */
  count: number;
  /** Taken on one day of so many; on which of them, says `onDay`. */
  everyDays: number;
  onDay: number;
}

export function turnOf(asked: string | undefined, nowMs: number): number {
  const turn = asked === undefined ? Math.floor(nowMs / TURN_MS) : Number(asked);
  if (!Number.isSafeInteger(turn) || turn < 0) throw new RangeError(`FARSHORE_TEST_TURN is a whole number, not “${asked}”.`);
  return turn;
}

const dayOf = (turn: number): number => Math.floor(turn / TURNS_OF_DAY);

export const isTakenIn = ({ everyDays, onDay }: Share, turn: number): boolean => dayOf(turn) % everyDays === onDay;

/**
 * The cases of a turn. Each day continues where the day before ended, and each of a day's four turns begins at another quarter: one run a day
 * takes every case once in `cases / count` days, whatever its hour, and four of them in a quarter of that.
 */
export function casesOfTurn<T>(cases: readonly T[], { count, everyDays }: Share, turn: number): T[] {
  const quarter = turn % TURNS_OF_DAY;
  const begin = Math.floor(dayOf(turn) / everyDays) * count + quarter * Math.ceil(cases.length / TURNS_OF_DAY);
  const ordered = shuffled(cases);
  return Array.from({ length: Math.min(count, cases.length) }, (_, index) => ordered[(begin + index) % ordered.length] as T);
}

function shuffled<T>(cases: readonly T[]): T[] {
  const chance = new Chance(ORDER_SEED);
  const left = [...cases];
  return cases.flatMap(() => left.splice(chance.between(0, left.length - 1), 1));
}
