// The whole way of a buyer: hold, look, think, confirm at the box office. Some never come back,
// and their seats return to the sale at the deadline.
import { check, sleep } from 'k6';
import { Counter } from 'k6/metrics';

import { auditOrAbort } from './lib/audit.js';
import { sellAtBoxOffice, tryHold } from './lib/buyer.js';
import { look, readHold } from './lib/client.js';
import { createSale } from './lib/sale.js';
import { arrivals } from './lib/scenarios.js';
import { number } from './lib/settings.js';
import { summary, TREND_STATS } from './lib/summary.js';
import { guarded, latency, thresholds } from './lib/thresholds.js';
import { newBuyer } from './lib/tokens.js';

/** @typedef {import('./lib/sale.js').Sale} Sale */

/** Buyers a second. */
const RATE = number('LOAD_RATE', 50);
const SECONDS = number('LOAD_SECONDS', 60);
/** Of a hundred buyers, how many never come back. */
const ABANDONED_PERCENT = number('LOAD_ABANDONED_PERCENT', 30);

const PARTY_MAX = 4;
const THINK_SECONDS_MAX = 1;

const abandoned = new Counter('holds_abandoned');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    buyers: arrivals({
      exec: 'buy',
      rate: RATE,
      seconds: SECONDS,
      busySeconds: THINK_SECONDS_MAX + 0.5,
    }),
  },
  thresholds: thresholds({
    seats_sold: ['count>0'],
    ...latency('hold', 100, 400),
    ...latency('confirm', 100, 400),
  }),
  summaryTrendStats: TREND_STATS,
};

/** As many seats as there may be buyers for: this script is about the way, not about the end. */
export function setup() {
  return createSale({ title: 'checkout', seats: Math.min(RATE * SECONDS * PARTY_MAX, 100_000) });
}

export const buy = guarded((/** @type {Sale} */ sale) => {
  const quantity = 1 + Math.floor(Math.random() * PARTY_MAX);
  const wish = { best_available: { quantity }, ttl_seconds: 60 };
  const held = tryHold(newBuyer(), sale, wish);
  if (!held) {
    return;
  }
  const shown = readHold(held.token, sale.showtime, held.id);
  const left = look('availability', sale.showtime);
  check(null, {
    'the hold shows what was granted': () =>
      shown.data.status === 'held' && shown.data.seats.length === held.seats.length,
    'the counts know of it': () => left.data.reserved + left.data.booked >= held.places,
  });
  sleep(0.1 + Math.random() * (THINK_SECONDS_MAX - 0.1));
  if (Math.random() * 100 < ABANDONED_PERCENT) {
    abandoned.add(1);
    return;
  }
  const done = sellAtBoxOffice(sale, held);
  const now = readHold(held.token, sale.showtime, held.id);
  check(null, {
    'what is held is sold': () => done,
    'the hold says so': () => now.data.status === 'confirmed',
  });
});

/** @param {Sale} sale */
export function teardown(sale) {
  auditOrAbort(sale.showtime);
}

export const handleSummary = summary('checkout');
