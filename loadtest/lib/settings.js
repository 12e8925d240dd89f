// What the environment says about a run.

/**
 * A positive number from the environment.
 * @param {string} name
 * @param {number} usual
 * @returns {number}
 */
export function number(name, usual) {
  const text = __ENV[name];
  if (text === undefined || text === '') {
    return usual;
  }
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new Error(`${name} must be a number above 0, not ${JSON.stringify(text)}`);
  }
  return value;
}

/**
 * @param {string} name
 * @returns {string}
 */
function address(name) {
  return (__ENV[name] ?? '').replace(/\/+$/, '');
}

/** The public port of the server that is driven. */
export const BASE_URL = address('FULLHOUSE_URL') || 'http://127.0.0.1:8080';

/** Its operations port; empty when nobody says where it is. */
export const OPS_URL = address('FULLHOUSE_OPS_URL');

/** The key that signs tokens; empty when ready-made tokens are given instead. */
export const SECRET = __ENV.FULLHOUSE_JWT_SECRET ?? '';

/** A ready-made token of the box office. */
export const EDITOR_TOKEN = __ENV.FULLHOUSE_EDITOR_TOKEN ?? '';

/** Ready-made tokens of buyers, for those who may not have the key. */
export const BUYER_TOKENS = (__ENV.FULLHOUSE_BUYER_TOKENS ?? '').split(',').filter(Boolean);

/** How much slower than a laptop the machine may be: every bound on latency is multiplied by it. */
export const LATENCY_FACTOR = number('LOAD_LATENCY_FACTOR', 1);

/** Where the JSON of a run is written. */
export const RESULTS = __ENV.LOAD_RESULTS_DIR || 'loadtest/results';
