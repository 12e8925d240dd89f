// The end of every run: the server says whether memory, journal and tables agree, and what its journal
// has must be what our buyers were told.
import exec from 'k6/execution';

import { audit, journalPage } from './client.js';
import { JournalCounts } from './journal_counts.js';
import { auditDifferences, doubleSold, unaccountedGrants, unaccountedSales } from './metrics.js';
import { editor } from './tokens.js';

/**
 * Counts the journal to an entry and no further: the sale may still go on, if only because holds
 * expire, and what comes later is not in the report that the counts are compared with.
 * @param {string} showtime
 * @param {number} last
 * @returns {JournalCounts}
 */
function countJournal(showtime, last) {
  const counts = new JournalCounts();
  let after = 0;
  while (after < last) {
    const page = journalPage(editor(), showtime, after);
    if (page.status !== 200) {
      throw new Error(`the journal cannot be read: ${page.status} ${page.code}`);
    }
    const { events: entries, next_after_seq: next } = page.data;
    for (const entry of entries.filter((/** @type {{seq: number}} */ { seq }) => seq <= last)) {
      counts.add(entry);
    }
    after = next ?? last;
  }
  return counts;
}

/**
 * @param {JournalCounts} counts
 * @param {any} report
 * @returns {string[]}
 */
function compare(counts, report) {
  /** @type {[string, number, number][]} */
  const pairs = [
    ['entries', counts.entries, report.seq],
    ['sold', counts.sold, report.booked],
    ['seats sold twice', counts.doubles, 0],
  ];
  return pairs
    .filter(([, counted, audited]) => counted !== audited)
    .map(([what, counted, audited]) => `${what}: ${counted} in the journal, ${audited} audited`);
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
  const counts = countJournal(showtime, report.seq);
  const differences = [
    ...(report.consistent ? [] : ['the server calls itself inconsistent']),
    ...report.differences,
    ...compare(counts, report),
  ];
  auditDifferences.add(differences.length);
  doubleSold.add(counts.doubles);
  unaccountedGrants.add(-counts.granted);
  unaccountedSales.add(-counts.sold);
  if (differences.length > 0) {
    differences.slice(0, 20).forEach((difference) => console.error(`audit: ${difference}`));
    exec.test.abort(`the audit found ${differences.length} differences`);
  }
  const { capacity, held, booked } = report;
  console.log(`audit: ${report.seq} entries, ${booked} of ${capacity} sold, ${held} held, consistent`);
  return report;
}
