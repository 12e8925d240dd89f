// Every route that the other scripts use, a few times and in half a minute: does the test bench
// work, and does the server keep the contract?
import { check } from 'k6';
import exec from 'k6/execution';

import { auditOrAbort } from './lib/audit.js';
import { giveBack, mustStillBeMine, raceFor, sellAtBoxOffice, tryHold } from './lib/buyer.js';
import * as counter from './lib/client.js';
import { createSale, neighbours } from './lib/sale.js';
import { arrivals } from './lib/scenarios.js';
import { number } from './lib/settings.js';
import { summary, TREND_STATS } from './lib/summary.js';
import { guarded, latency, thresholds } from './lib/thresholds.js';
import { editor, newBuyer } from './lib/tokens.js';

/** @typedef {import('./lib/sale.js').Sale} Sale */

const RATE = number('LOAD_RATE', 4);
const SECONDS = number('LOAD_SECONDS', 10);
/** Enough that no arrival is missed where the machine stands still for a while. */
const BUSY_SECONDS = 10;

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    reads: arrivals({ exec: 'reads', rate: RATE, seconds: SECONDS, busySeconds: BUSY_SECONDS }),
    holds: arrivals({ exec: 'holds', rate: RATE, seconds: SECONDS, busySeconds: BUSY_SECONDS }),
    staff: arrivals({ exec: 'blocks', rate: RATE, seconds: SECONDS, busySeconds: BUSY_SECONDS }),
    races: arrivals({ exec: 'races', rate: RATE, seconds: SECONDS, busySeconds: BUSY_SECONDS }),
  },
  thresholds: thresholds({
    seats_granted: ['count>0'],
    seats_refused: ['count>0'],
    seats_sold: ['count>0'],
    // Wide: this one also runs where others compile at the same time.
    ...latency('hold', 1000, 2500),
    ...latency('seats', 1000, 2500),
  }),
  batch: 20,
  batchPerHost: 20,
  summaryTrendStats: TREND_STATS,
};

/**
 * The first section is for races and best seats. Behind it each iteration of `holds` and `blocks`
 * has a row of its own, so that nobody else can be the reason of a refusal.
 */
const RACE_ROWS = 40;

/** @returns {Sale} */
export function setup() {
  const iterations = Math.ceil(RATE * SECONDS) + 2;
  const rows = RACE_ROWS + 2 * iterations;
  const sale = createSale({ title: 'smoke', seats: rows * 10, seatsPerRow: 10, standing: 10_000 });
  // Only while nobody buys is it certain that the map does not change between two looks.
  const map = counter.look('seats', sale.showtime);
  const again = counter.look('seats', sale.showtime, map.etag);
  check(again, { 'an unchanged seat map is not sent again': (look) => look.status === 304 });
  return sale;
}

/** What a visitor sees. */
export const reads = guarded((/** @type {Sale} */ sale) => {
  const listed = counter.listShowtimes(5);
  const details = counter.showtimeDetails(sale.showtime);
  check(null, {
    'is healthy': () => counter.health().data === undefined,
    'is listed': () => listed.data.length > 0 && listed.data.length <= 5,
    'has its title': () => details.data.title === 'Load test: smoke',
  });
  const layout = counter.look('layout', sale.showtime);
  const again = counter.look('layout', sale.showtime, layout.etag);
  const map = counter.look('seats', sale.showtime);
  const mapAgain = counter.look('seats', sale.showtime, map.etag);
  const availability = counter.look('availability', sale.showtime);
  const since = counter.look('seats', sale.showtime, '', `since_seq=${map.data.seq}`);
  check(null, {
    'layout has a tag and never changes': () => layout.etag !== '' && again.status === 304,
    'seat map has every seat and a tag': () =>
      map.data.full && map.data.seats.length === sale.seats && map.etag !== '',
    'seat map is sent again only when it changed': () =>
      mapAgain.status === 304 || mapAgain.data.seq > map.data.seq,
    'availability adds up': () => {
      const { total, available, reserved, booked, blocked } = availability.data;
      return total === available + reserved + booked + blocked;
    },
    'changes go forward': () => since.data.seq >= map.data.seq,
  });
});

/** A hold's whole life: held, read, extended, then sold or released. */
export const holds = guarded((/** @type {Sale} */ sale) => {
  const turn = exec.scenario.iterationInTest;
  const seats = neighbours(sale, RACE_ROWS + 2 * turn, 0, 2);
  const areas = [{ section: 'PIT', quantity: 2 }];
  const buyer = newBuyer();
  const held = tryHold(buyer, sale, { seats, areas, ttl_seconds: 60 });
  if (!check(held, { 'free seats are granted': (hold) => hold !== null }) || !held) {
    return;
  }
  mustStillBeMine(sale, { ...held, places: 2 }, newBuyer());
  const extended = counter.extend(buyer, sale.showtime, held.id, 60);
  const stranger = counter.release(newBuyer(), sale.showtime, held.id, [404]);
  check(null, {
    'is extended': () => Date.parse(extended.data.expires_at) - held.deadline === 60_000,
    'is nobody else’s': () => stranger.code === 'HOLD_NOT_FOUND',
  });
  if (turn % 2 === 0) {
    giveBack(sale, held);
  } else {
    sellAtBoxOffice(sale, held);
  }
  const now = counter.readHold(buyer, sale.showtime, held.id);
  const end = turn % 2 === 0 ? 'released' : 'confirmed';
  check(now, { 'ended as it was told': (hold) => hold.data.status === end });
});

/** Seats that staff take off sale are not to be had until they put them back. */
export const blocks = guarded((/** @type {Sale} */ sale) => {
  const seats = neighbours(sale, RACE_ROWS + 2 * exec.scenario.iterationInTest + 1, 0, 2);
  counter.block('block', editor(), sale.showtime, seats);
  const refused = tryHold(newBuyer(), sale, { seats });
  counter.block('unblock', editor(), sale.showtime, seats);
  const granted = tryHold(newBuyer(), sale, { seats });
  check(null, {
    'blocked seats are refused': () => refused === null,
    'unblocked seats are granted': () => granted !== null,
  });
});

/** Ten want the same seat. Nobody may sell it, so that the next ten find it again. */
export const races = guarded((/** @type {Sale} */ sale) => {
  const buyers = Array.from({ length: 10 }, newBuyer);
  const held = raceFor(buyers, sale, neighbours(sale, 0, 0, 1));
  if (held) {
    giveBack(sale, held);
  }
  const best = { best_available: { quantity: 2, sections: ['S1'] } };
  const found = tryHold(newBuyer(), sale, best);
  if (found) {
    giveBack(sale, found);
  }
});

/** @param {Sale} sale */
export function teardown(sale) {
  auditOrAbort(sale.showtime);
}

export const handleSummary = summary('smoke');
