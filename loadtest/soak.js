// An ordinary evening for a long time: visitors, buyers, people who change their minds and people
// who never come back, at a rate that is no effort. What must not grow must not grow.
import { sleep } from 'k6';
import exec from 'k6/execution';

import { auditOrAbort } from './lib/audit.js';
import { giveBack, mustStillBeMine, sellAtBoxOffice, tryHold } from './lib/buyer.js';
import { extend, look } from './lib/client.js';
import { createSale } from './lib/sale.js';
import { arrivals } from './lib/scenarios.js';
import { number } from './lib/settings.js';
import { summary, TREND_STATS } from './lib/summary.js';
import { guarded, latency, thresholds } from './lib/thresholds.js';
import { newBuyer } from './lib/tokens.js';
import { canWatch, watchMemory } from './lib/watch.js';

/** @typedef {import('./lib/sale.js').Sale} Sale */

/** Arrivals a second, half of them visitors and half buyers. */
const RATE = number('LOAD_RATE', 20);
const SECONDS = number('LOAD_SECONDS', 1800);
const MEMORY_MAX_MB = number('LOAD_MEMORY_MAX_MB', 512);
const MEMORY_GROWTH_MAX_MB = number('LOAD_MEMORY_GROWTH_MAX_MB', 96);

/** The first part of the run, in which caches fill and connections open. */
const WARM_UP = 0.2;
const WATCH_EVERY_SECONDS = Math.max(1, Math.min(5, SECONDS / 20));
const MB = 1_000_000;
const PARTY_MAX = 3;

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    visitors: arrivals({ exec: 'visit', rate: RATE / 2, seconds: SECONDS, busySeconds: 0.5 }),
    buyers: arrivals({ exec: 'buy', rate: RATE / 2, seconds: SECONDS, busySeconds: 2 }),
    ...(canWatch
      ? {
          watch: {
            executor: 'constant-arrival-rate',
            exec: 'watch',
            rate: 1,
            timeUnit: `${WATCH_EVERY_SECONDS}s`,
            duration: `${SECONDS}s`,
            // One VU, which remembers what the memory was.
            preAllocatedVUs: 1,
            maxVUs: 1,
          },
        }
      : {}),
  },
  thresholds: thresholds({
    seats_sold: ['count>0'],
    ...(canWatch
      ? {
          server_memory_bytes: [`max<${MEMORY_MAX_MB * MB}`],
          server_memory_growth_bytes: [`max<${MEMORY_GROWTH_MAX_MB * MB}`],
        }
      : {}),
    ...latency('hold', 100, 400),
    ...latency('confirm', 100, 400),
    ...latency('seats', 150, 500),
  }),
  summaryTrendStats: TREND_STATS,
};

/** @returns {Sale} */
export function setup() {
  if (!canWatch) {
    console.warn('FULLHOUSE_OPS_URL is not set, so the memory of the server is not watched');
  }
  // Seats for every buyer, so that the last minute is like the first.
  const seats = Math.min((RATE / 2) * SECONDS * PARTY_MAX, 100_000);
  return createSale({ title: 'soak', seats, standing: 50_000 });
}

let tag = '';
let seq = 0;

/** Polls as a web page does: the counts if they changed, and now and then the whole seat map. */
export const visit = guarded((/** @type {Sale} */ sale) => {
  const counts = look('availability', sale.showtime, tag);
  tag = counts.etag || tag;
  const changes = look('seats', sale.showtime, '', seq > 0 ? `since_seq=${seq}` : 'section=S1');
  if (changes.status === 200) {
    seq = changes.data.seq;
  }
});

export const buy = guarded((/** @type {Sale} */ sale) => {
  const quantity = 1 + Math.floor(Math.random() * PARTY_MAX);
  const standing = { areas: [{ section: 'PIT', quantity }] };
  const seated = { best_available: { quantity } };
  const wish = Math.random() < 0.2 ? standing : seated;
  const held = tryHold(newBuyer(), sale, { ...wish, ttl_seconds: 60 });
  if (!held) {
    return;
  }
  sleep(Math.random());
  const chance = Math.random();
  if (chance < 0.5) {
    sellAtBoxOffice(sale, held);
  } else if (chance < 0.7) {
    giveBack(sale, held);
  } else if (chance < 0.8) {
    extend(held.token, sale.showtime, held.id, 60);
  } else if (chance < 0.9 && held.seats.length > 0) {
    mustStillBeMine(sale, held, newBuyer());
  }
});

/** The server's memory, from its operations port. */
export const watch = guarded(() => {
  watchMemory(exec.scenario.progress > WARM_UP);
});

/** @param {Sale} sale */
export function teardown(sale) {
  auditOrAbort(sale.showtime);
}

export const handleSummary = summary('soak');
