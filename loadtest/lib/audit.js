// The end of every run: what the server says of itself, what its journal says when it is replayed
// by other rules, and what our buyers were told must be one and the same.
import exec from 'k6/execution';

import { audit, journalPage } from './client.js';
import { History } from './history.js';
import { auditDifferences, doubleSold, unaccountedGrants, unaccountedSales } from './metrics.js';
import { editor } from './tokens.js';

/**
 * Replays the journal to an entry and no further: the sale may still go on, if only because holds
 * expire, and what comes later is not in the report that the replay is compared with.
 * @param {string} showtime
 * @param {number} last
 * @returns {History}
 */
function replay(showtime, last) {
  const history = new History();
  while (history.seq < last) {
    const page = journalPage(editor(), showtime, history.seq);
    if (page.status !== 200) {
      throw new Error(`the journal cannot be read: ${page.status} ${page.code}`);
    }
    const { events: entries, next_after_seq: next } = page.data;
    for (const entry of entries.filter((/** @type {{seq: number}} */ { seq }) => seq <= last)) {
      history.apply(entry);
    }
    if (next === null || next > last) {
      break;
    }
  }
  return history;
}

/**
 * @param {History} history
 * @param {any} report
 * @returns {string[]}
 */
function compare(history, report) {
  /** @type {[string, number, number][]} */
  const counts = [
    ['entries', history.seq, report.seq],
    ['held', history.held, report.held],
    ['sold', history.sold, report.booked],
    ['taken', history.held + history.sold, report.capacity - report.free - report.blocked],
  ];
  return counts
    .filter(([, replayed, audited]) => replayed !== audited)
    .map(([what, replayed, audited]) => `${what}: ${replayed} replayed, ${audited} audited`);
}

/**
 * Audits a showtime, and ends the run as failed when anything differs.
 * @param {string} showtime
 * @returns {any} the server's report
 */
export function auditOrAbort(showtime) {
  const answer = audit(editor(), showtime);
  if (answer.status !== 200) {
    throw new Error(`the audit cannot be read: ${answer.status} ${answer.code}`);
  }
  const report = answer.data;
  const history = replay(showtime, report.seq);
  const differences = [
    ...(report.consistent ? [] : ['the server calls itself inconsistent']),
    ...report.differences,
    ...history.contradictions,
    ...compare(history, report),
  ];
  auditDifferences.add(differences.length);
  doubleSold.add(history.doubles);
  unaccountedGrants.add(-history.granted);
  unaccountedSales.add(-history.sold);
  if (differences.length > 0) {
    differences.slice(0, 20).forEach((difference) => console.error(`audit: ${difference}`));
    exec.test.abort(`the audit found ${differences.length} differences`);
  }
  const { capacity, held, booked } = report;
  console.log(`audit: ${report.seq} entries, ${booked} of ${capacity} sold, ${held} held, consistent`);
  return report;
}
