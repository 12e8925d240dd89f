// Visitors look at a showtime while a few buy: seat maps, layouts and counts, each asked for with
// the tag of what the visitor has already.
import { sleep } from 'k6';
import { Rate } from 'k6/metrics';

import { auditOrAbort } from './lib/audit.js';
import { giveBack, sellAtBoxOffice, tryHold } from './lib/buyer.js';
import { look } from './lib/client.js';
import { createSale } from './lib/sale.js';
import { promiseBroken } from './lib/metrics.js';
import { arrivals } from './lib/scenarios.js';
import { number } from './lib/settings.js';
import { summary, TREND_STATS } from './lib/summary.js';
import { guarded, latency, thresholds } from './lib/thresholds.js';
import { newBuyer } from './lib/tokens.js';

/**
 * @typedef {import('./lib/sale.js').Sale} Sale
 * @typedef {'layout' | 'availability' | 'seats'} What
 */

/** Reads a second. */
const RATE = number('LOAD_RATE', 200);
const SECONDS = number('LOAD_SECONDS', 60);
const SEATS = number('LOAD_SEATS', 2000);
/** Buyers a second, each of whom makes every visitor's seat map old. */
const BUYERS_RATE = number('LOAD_BUYERS_RATE', 2);

/** Conditional reads that were answered 304, by what was read. */
const notModified = new Rate('not_modified');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    visitors: arrivals({ exec: 'visit', rate: RATE, seconds: SECONDS, busySeconds: 0.5 }),
    buyers: arrivals({ exec: 'buy', rate: BUYERS_RATE, seconds: SECONDS, busySeconds: 1 }),
  },
  thresholds: thresholds({
    seats_granted: ['count>0'],
    // A layout never changes, so nobody is sent it twice.
    'not_modified{what:layout}': ['rate==1'],
    ...latency('seats', 150, 500),
    ...latency('availability', 100, 400),
    ...latency('layout', 100, 400),
    ...latency('hold', 100, 400),
  }),
  summaryTrendStats: TREND_STATS,
};

/** @returns {Sale} */
export function setup() {
  return createSale({ title: 'browse', seats: SEATS });
}

/** What this visitor, a VU, has seen last. @type {Record<What, string>} */
const tags = { layout: '', availability: '', seats: '' };
let seq = 0;

export const visit = guarded((/** @type {Sale} */ sale) => {
  const chance = Math.random();
  if (chance < 0.2) {
    lookAgain('layout', sale);
  } else if (chance < 0.5 || seq === 0) {
    lookAgain('availability', sale);
  } else if (chance < 0.7) {
    lookAgain('seats', sale);
  } else {
    followChanges(sale);
  }
});

/** @param {What} what @param {Sale} sale */
function lookAgain(what, sale) {
  const had = tags[what];
  const answer = look(what, sale.showtime, had);
  if (had) {
    notModified.add(answer.status === 304, { what });
  }
  if (answer.status !== 200) {
    return;
  }
  tags[what] = answer.etag;
  if (what === 'availability') {
    mustNotGoBack(answer.data.seq);
  }
}

/** @param {Sale} sale */
function followChanges(sale) {
  const answer = look('seats', sale.showtime, '', `since_seq=${seq}`);
  if (answer.status === 200) {
    mustNotGoBack(answer.data.seq);
  }
}

/** @param {number} now */
function mustNotGoBack(now) {
  if (now < seq) {
    promiseBroken(`a reader saw entry ${seq} and then only ${now}`);
  }
  seq = now;
}

/** Whoever is granted seats finds them taken in the very next seat map. */
export const buy = guarded((/** @type {Sale} */ sale) => {
  const held = tryHold(newBuyer(), sale, { best_available: { quantity: 2 }, ttl_seconds: 60 });
  if (!held) {
    return;
  }
  const map = look('seats', sale.showtime);
  if (map.status === 200) {
    /** @type {{seat_id: string, status: string}[]} */
    const seats = map.data.seats;
    const mine = seats.filter((seat) => held.seats.includes(seat.seat_id));
    if (seats.length !== sale.seats) {
      promiseBroken(`a seat map with ${seats.length} of ${sale.seats} seats`);
    }
    if (mine.length !== held.places || mine.some((seat) => seat.status !== 'RESERVED')) {
      promiseBroken(`the map after hold ${held.id} does not show it`);
    }
  }
  sleep(0.2);
  if (Math.random() < 0.5) {
    sellAtBoxOffice(sale, held);
  } else {
    giveBack(sale, held);
  }
});

/** @param {Sale} sale */
export function teardown(sale) {
  auditOrAbort(sale.showtime);
}

export const handleSummary = summary('browse');
