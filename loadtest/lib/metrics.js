// What is counted beside k6's own metrics. `thresholds.js` says which of it fails a run.
import { Counter, Rate, Trend } from 'k6/metrics';

/** Seats of holds that were granted. */
export const seatsGranted = new Counter('seats_granted');
/** Seats that were asked for and refused: lost races, sold out, not on sale. */
export const seatsRefused = new Counter('seats_refused');
/** Seats of holds that were confirmed. */
export const seatsSold = new Counter('seats_sold');
/** Seats that two buyers were granted at once, and seats that the journal sells twice. */
export const doubleSold = new Counter('double_sold');
/** Other promises that were broken: a hold lost before its deadline, a map that went backwards. */
export const brokenPromises = new Counter('broken_promises');
/** What the audit at the end found. */
export const auditDifferences = new Counter('audit_differences');
/** Seats granted to our buyers less those in the journal. */
export const unaccountedGrants = new Counter('unaccounted_grants');
/** Seats sold to our buyers less those in the journal. */
export const unaccountedSales = new Counter('unaccounted_sales');
/** Answers that the contract does not know in that place. */
export const unexpectedAnswers = new Rate('unexpected_answers');
/** Writes of which nobody learned whether they were carried out, not even by repeating them. */
export const unknownOutcomes = new Counter('unknown_outcomes');
/** Iterations that ended in an exception, which k6 itself does not count as a failure. */
export const brokenIterations = new Counter('broken_iterations');
/** From a hold's deadline until somebody else got its seat. */
export const freedAfter = new Trend('freed_after', true);
/** Bytes of memory of the server. */
export const serverMemory = new Trend('server_memory_bytes');
/** The same, less what it was when the server was warm. */
export const serverMemoryGrowth = new Trend('server_memory_growth_bytes');

/**
 * A promise of the server was broken: says which and fails the run.
 * @param {string} what
 */
export function promiseBroken(what) {
  brokenPromises.add(1);
  console.error(`broken promise: ${what}`);
}
