// The HTTP contract as the scripts use it: one function per route, every answer checked against
// what the contract allows in that place.
import http from 'k6/http';
import { sleep } from 'k6';

import { unexpectedAnswers, unknownOutcomes } from './metrics.js';
import { BASE_URL } from './settings.js';
import { uuid } from './tokens.js';

/**
 * @typedef {number | string} Allowed a status, or the code of a 409
 * @typedef {object} Answer
 * @property {number} status 0 when there was none
 * @property {string} code the problem's, empty on success
 * @property {any} data
 * @property {boolean} expected whether the contract allows it in that place
 * @property {string} etag
 *
 * @typedef {object} HoldWish
 * @property {string[]} [seats]
 * @property {{section: string, quantity: number}[]} [areas]
 * @property {{quantity: number, sections?: string[], allow_split?: boolean}} [best_available]
 * @property {number} [ttl_seconds]
 */

/** Why a hold may be refused without anything being wrong. */
export const LOST_RACES = ['SEATS_UNAVAILABLE', 'SOLD_OUT', 'NO_BLOCK'];

/** Times that a write is sent before its outcome is called unknown. */
const ATTEMPTS = 3;

const API = `${BASE_URL}/api/v1/showtimes`;

// Lost races and conditional reads are what these tests are about, not failures.
http.setResponseCallback(http.expectedStatuses(200, 201, 304, 409));

/** @param {import('k6/http').Response} response @returns {Record<string, any>} */
function json(response) {
  const body = response.body;
  return typeof body === 'string' && body.startsWith('{') ? JSON.parse(body) : {};
}

/** How many unexpected answers a VU prints; the rest is only counted. */
let complaints = 5;

/**
 * @param {import('k6/http').Response} response
 * @param {Allowed[]} allowed
 * @returns {Answer}
 */
function answer(response, allowed) {
  const code = response.status >= 400 ? String(json(response).code ?? '') : '';
  const expected = allowed.includes(response.status) || allowed.includes(code);
  unexpectedAnswers.add(!expected);
  if (!expected && complaints > 0) {
    complaints -= 1;
    const said = response.error || String(response.body).slice(0, 200);
    console.error(`${response.request.method} ${response.url}: ${response.status} ${said}`);
  }
  const etag = response.headers['Etag'] ?? response.headers['ETag'] ?? '';
  return {
    status: response.status,
    code,
    // A seat map is large, and whoever only wants its tag need not wait until it is parsed.
    get data() {
      return json(response).data;
    },
    expected,
    etag,
  };
}

/**
 * @param {string} name for the metrics, so that ids do not make a thousand of them
 * @param {string} token
 * @param {Record<string, string>} [headers]
 * @returns {import('k6/http').Params}
 */
function params(name, token, headers) {
  /** @type {Record<string, string>} */
  const all = { 'Accept-Encoding': 'gzip', 'Content-Type': 'application/json', ...headers };
  if (token) {
    all['Authorization'] = `Bearer ${token}`;
  }
  return { headers: all, tags: { name } };
}

/**
 * @param {string} name
 * @param {string} path
 * @param {Allowed[]} allowed
 * @param {{token?: string, headers?: Record<string, string>, timeout?: string}} [more]
 * @returns {Answer}
 */
function read(name, path, allowed, more = {}) {
  const how = params(name, more.token ?? '', more.headers);
  return answer(http.get(path, more.timeout ? { ...how, timeout: more.timeout } : how), allowed);
}

/**
 * A write with a key of its own, repeated under that key while its outcome is unknown.
 * @param {'POST' | 'DELETE'} method
 * @param {string} name
 * @param {string} path
 * @param {string} token
 * @param {object | null} body
 * @param {Allowed[]} allowed
 * @returns {Answer}
 */
function write(method, name, path, token, body, allowed) {
  const how = params(name, token, { 'Idempotency-Key': uuid() });
  if (allowed.includes(404)) {
    how.responseCallback = http.expectedStatuses(404);
  }
  const text = body === null ? null : JSON.stringify(body);
  const send = () => http.request(method, path, text, how);
  return settle(send(), send, isUnknown, allowed);
}

/** @param {import('k6/http').Response} response @returns {boolean} */
function isUnknown(response) {
  return response.status === 0 || response.status >= 500;
}

/** @param {import('k6/http').Response} response @returns {boolean} */
function isToldToComeAgain(response) {
  return response.status === 503 && 'Retry-After' in response.headers;
}

/**
 * Asks again, under the same key, for as long as that may help.
 * @param {import('k6/http').Response} first
 * @param {() => import('k6/http').Response} again
 * @param {(response: import('k6/http').Response) => boolean} mayHelp
 * @param {Allowed[]} allowed
 * @returns {Answer}
 */
function settle(first, again, mayHelp, allowed) {
  let response = first;
  for (let attempt = 1; attempt < ATTEMPTS && mayHelp(response); attempt += 1) {
    sleep(Number(response.headers['Retry-After'] ?? 0) || 0.2);
    response = again();
  }
  unknownOutcomes.add(isUnknown(response) ? 1 : 0);
  return answer(response, allowed);
}

/** @returns {Answer} */
export function health() {
  return read('health', `${BASE_URL}/health`, [200]);
}

/** @param {string} token @param {object} showtime @returns {Answer} */
export function createShowtime(token, showtime) {
  return write('POST', 'create showtime', API, token, showtime, [201]);
}

/** @param {number} limit @returns {Answer} */
export function listShowtimes(limit) {
  return read('list showtimes', `${API}?limit=${limit}`, [200]);
}

/** @param {string} showtime @returns {Answer} */
export function showtimeDetails(showtime) {
  return read('showtime', `${API}/${showtime}`, [200]);
}

/**
 * The layout, the counts or the seat map, unless it still has this tag.
 * @param {'layout' | 'availability' | 'seats'} what
 * @param {string} showtime
 * @param {string} [etag]
 * @param {string} [query]
 * @returns {Answer}
 */
export function look(what, showtime, etag = '', query = '') {
  const path = `${API}/${showtime}/${what}${query ? `?${query}` : ''}`;
  if (!etag) {
    return read(what, path, [200]);
  }
  return read(what, path, [200, 304], { headers: { 'If-None-Match': etag } });
}

/**
 * @param {string} token
 * @param {string} showtime
 * @param {HoldWish} wish
 * @param {Allowed[]} [refusals] the codes that may come instead of 201
 * @returns {Answer}
 */
export function hold(token, showtime, wish, refusals = LOST_RACES) {
  return write('POST', 'hold', `${API}/${showtime}/holds`, token, wish, [201, ...refusals]);
}

/**
 * Everybody asks for the same at the same moment; each with a token and a key of their own. Only
 * who is told to comes again: whoever waited in vain may have waited longer than a hold lives.
 * @param {string[]} tokens
 * @param {string} showtime
 * @param {HoldWish} wish
 * @returns {Answer[]}
 */
export function race(tokens, showtime, wish) {
  const body = JSON.stringify(wish);
  const requests = tokens.map((token) => ({
    method: /** @type {const} */ ('POST'),
    url: `${API}/${showtime}/holds`,
    body,
    params: params('hold', token, { 'Idempotency-Key': uuid() }),
  }));
  const responses = http.batch(requests);
  return requests.map((request, at) => {
    const again = () => http.request(request.method, request.url, body, request.params);
    const first = /** @type {import('k6/http').Response} */ (responses[at]);
    return settle(first, again, isToldToComeAgain, [201, ...LOST_RACES]);
  });
}

/** @param {string} token @param {string} showtime @param {string} id @returns {Answer} */
export function readHold(token, showtime, id) {
  return read('read hold', `${API}/${showtime}/holds/${id}`, [200], { token });
}

/**
 * @param {string} token
 * @param {string} showtime
 * @param {string} id
 * @param {Allowed[]} [allowed]
 * @returns {Answer}
 */
export function release(token, showtime, id, allowed = [200]) {
  return write('DELETE', 'release', `${API}/${showtime}/holds/${id}`, token, null, allowed);
}

/**
 * @param {string} token
 * @param {string} showtime
 * @param {string} id
 * @param {number} seconds
 * @param {Allowed[]} [allowed]
 * @returns {Answer}
 */
export function extend(token, showtime, id, seconds, allowed = [200]) {
  const path = `${API}/${showtime}/holds/${id}/extend`;
  return write('POST', 'extend', path, token, { seconds }, allowed);
}

/**
 * Sells a hold at the box office.
 * @param {string} token
 * @param {string} showtime
 * @param {string} id
 * @param {string} reference
 * @returns {Answer}
 */
export function confirm(token, showtime, id, reference) {
  const path = `${API}/${showtime}/holds/${id}/confirm`;
  return write('POST', 'confirm', path, token, { payment_reference: reference }, [200]);
}

/**
 * Takes seats off sale, or puts them back.
 * @param {'block' | 'unblock'} what
 * @param {string} token
 * @param {string} showtime
 * @param {string[]} seats
 * @returns {Answer}
 */
export function block(what, token, showtime, seats) {
  const body = { seats, reason: 'load test' };
  return write('POST', what, `${API}/${showtime}/${what}`, token, body, [200]);
}

/** @param {string} token @param {string} showtime @returns {Answer} */
export function audit(token, showtime) {
  return read('audit', `${API}/${showtime}/audit`, [200], { token, timeout: '120s' });
}

/** @param {string} token @param {string} showtime @param {number} after @returns {Answer} */
export function journalPage(token, showtime, after) {
  const path = `${API}/${showtime}/journal?after_seq=${after}&limit=1000`;
  return read('journal', path, [200], { token, timeout: '60s' });
}
