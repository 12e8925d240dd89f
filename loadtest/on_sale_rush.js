// Everybody comes at the second the sale begins. Nobody gets anything before it, nobody gets what
// somebody else has, and those who come too late are told so quickly.
import { sleep } from 'k6';

import { auditOrAbort } from './lib/audit.js';
import { sellAtBoxOffice, tryHold } from './lib/buyer.js';
import { LOST_RACES, look } from './lib/client.js';
import { createSale, neighbours } from './lib/sale.js';
import { promiseBroken } from './lib/metrics.js';
import { arrivals, swell } from './lib/scenarios.js';
import { number } from './lib/settings.js';
import { summary, TREND_STATS } from './lib/summary.js';
import { guarded, latency, thresholds } from './lib/thresholds.js';
import { newBuyer } from './lib/tokens.js';

/** @typedef {import('./lib/sale.js').Sale} Sale */

/** Buyers a second at the peak. */
const RATE = number('LOAD_RATE', 300);
/** How long the peak lasts. */
const SECONDS = number('LOAD_SECONDS', 20);
const SEATS = number('LOAD_SEATS', 5000);

/** From the end of `setup` to the beginning of the sale. */
const LEAD_SECONDS = 5;
const PARTY_MAX = 4;
const NOT_YET = 'SHOWTIME_NOT_ON_SALE';

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    early: arrivals({ exec: 'early', rate: 10, seconds: LEAD_SECONDS - 1, busySeconds: 0.5 }),
    rush: swell({
      exec: 'rush',
      startRate: RATE / 10,
      stages: [
        [RATE, 1],
        [RATE, SECONDS],
        [RATE / 10, 5],
      ],
      busySeconds: 0.8,
      startSeconds: LEAD_SECONDS - 1,
    }),
  },
  thresholds: thresholds({
    seats_granted: ['count>0'],
    [`seats_refused{code:${NOT_YET}}`]: ['count>0'],
    ...latency('hold', 200, 800),
    ...latency('confirm', 200, 800),
  }),
  summaryTrendStats: TREND_STATS,
};

/** @returns {Sale} */
export function setup() {
  const onSaleFrom = new Date(Date.now() + LEAD_SECONDS * 1000);
  return createSale({ title: 'on-sale rush', seats: SEATS, onSaleFrom });
}

/** The impatient. */
export const early = guarded((/** @type {Sale} */ sale) => {
  ask(sale);
});

/** Of those who get something, most buy it at once; the others think until after the end. */
export const rush = guarded((/** @type {Sale} */ sale) => {
  if (Math.random() < 0.2) {
    look('availability', sale.showtime);
  }
  const held = ask(sale);
  if (held && Math.random() < 0.7) {
    sleep(Math.random() * 0.5);
    sellAtBoxOffice(sale, held);
  }
});

/**
 * Half take the best there is; half know which seats they want, and most want those in front.
 * @param {Sale} sale
 * @returns {import('./lib/buyer.js').Hold | null}
 */
function ask(sale) {
  const quantity = 1 + Math.floor(Math.random() * PARTY_MAX);
  const rows = sale.seats / sale.seatsPerRow;
  const row = Math.floor(rows * Math.random() ** 3);
  const first = Math.floor(Math.random() * sale.seatsPerRow);
  const wish =
    Math.random() < 0.5
      ? { best_available: { quantity } }
      : { seats: neighbours(sale, row, first, quantity) };
  const held = tryHold(newBuyer(), sale, wish, [...LOST_RACES, NOT_YET]);
  // The server's own clock says when it granted: a hold's time before its deadline.
  if (held && held.deadline - held.ttlSeconds * 1000 < Date.parse(sale.onSaleFrom)) {
    promiseBroken(`${held.seats.join()} was granted before the sale began`);
  }
  return held;
}

/** @param {Sale} sale */
export function teardown(sale) {
  auditOrAbort(sale.showtime);
}

export const handleSummary = summary('on_sale_rush');
