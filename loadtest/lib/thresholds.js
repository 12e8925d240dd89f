// What fails a run. Every script has the common ones, and bounds of its own beside them.
import { brokenIterations } from './metrics.js';
import { LATENCY_FACTOR } from './settings.js';

/** @typedef {import('k6/options').Threshold[]} Bounds */

/** No script may break these. */
const COMMON = {
  double_sold: [{ threshold: 'count==0', abortOnFail: true }],
  broken_promises: ['count==0'],
  audit_differences: ['count==0'],
  unaccounted_grants: ['count==0'],
  unaccounted_sales: ['count==0'],
  unknown_outcomes: ['count==0'],
  broken_iterations: ['count==0'],
  unexpected_answers: ['rate<0.001'],
  http_req_failed: ['rate<0.001'],
  dropped_iterations: ['count==0'],
  checks: ['rate==1'],
};

/**
 * The common thresholds and these.
 * @param {Record<string, Bounds>} own
 * @returns {Record<string, Bounds>}
 */
export function thresholds(own) {
  return { ...COMMON, ...own };
}

/**
 * Bounds on how long requests of a name take.
 * @param {string} name
 * @param {number} p95 in milliseconds, on a laptop
 * @param {number} p99
 * @returns {Record<string, Bounds>}
 */
export function latency(name, p95, p99) {
  const bounds = [`p(95)<${p95 * LATENCY_FACTOR}`, `p(99)<${p99 * LATENCY_FACTOR}`];
  return { [`http_req_duration{name:${name}}`]: bounds };
}

/**
 * Counts an iteration that ends in an exception: k6 reports it and goes on as if it were none.
 * @template Data
 * @param {(data: Data) => void} iteration
 * @returns {(data: Data) => void}
 */
export function guarded(iteration) {
  return (data) => {
    try {
      iteration(data);
    } catch (error) {
      brokenIterations.add(1);
      throw error;
    }
  };
}
