/** Names how often a finding must be said to open, and how often not to resolve. Evaluations are a second apart. */
export interface Hysteresis {
  /** Opens when it was said in this many … */
  openAfter: number;
  /** … of so many last evaluations. */
  of: number;
  /** Resolves after so many evaluations in a row that did not say it. */
  clearAfter: number;
}

/** For conditions that a single bad sample could feign. */
export const DEBOUNCED: Hysteresis = { openAfter: 3, of: 5, clearAfter: 5 };
/** The rule itself already waited for its threshold: two evaluations only guard against a torn read. */
export const URGENT: Hysteresis = { openAfter: 2, of: 3, clearAfter: 5 };
/** Never a matter of patience: once is enough. */
export const IMMEDIATE: Hysteresis = { openAfter: 1, of: 1, clearAfter: 5 };
/** For conditions that pass while agents join, servers restart and standbys reconnect. */
export const PATIENT: Hysteresis = { openAfter: 15, of: 20, clearAfter: 5 };
/** Facts come once a minute: what they lack must have been lacking in two readings. */
export const TWO_READINGS_OF_FACTS: Hysteresis = { openAfter: 75, of: 80, clearAfter: 5 };
