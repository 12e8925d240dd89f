// Tokens: who asks. With the server's key everybody gets a token of their own.
import crypto from 'k6/crypto';
import encoding from 'k6/encoding';
import exec from 'k6/execution';

import { BUYER_TOKENS, EDITOR_TOKEN, SECRET } from './settings.js';

/** Longer than any run. */
const TTL_SECONDS = 86_400;

const HEADER = encoding.b64encode(JSON.stringify({ alg: 'HS256', typ: 'JWT' }), 'rawurl');

if (!SECRET && !(EDITOR_TOKEN && BUYER_TOKENS.length > 1)) {
  throw new Error(
    'set FULLHOUSE_JWT_SECRET, or FULLHOUSE_EDITOR_TOKEN and two or more FULLHOUSE_BUYER_TOKENS ' +
      '(made with: fullhouse token --role EDITOR, fullhouse token --role USER)',
  );
}

/**
 * A random UUID.
 * @returns {string}
 */
export function uuid() {
  const bytes = new Uint8Array(crypto.randomBytes(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join('-');
}

/**
 * @param {'USER' | 'EDITOR'} role
 * @returns {string}
 */
function signed(role) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: uuid(),
    role,
    iss: 'fullhouse',
    aud: 'fullhouse-api',
    iat: now,
    exp: now + TTL_SECONDS,
  };
  const content = `${HEADER}.${encoding.b64encode(JSON.stringify(claims), 'rawurl')}`;
  return `${content}.${crypto.hmac('sha256', SECRET, content, 'base64rawurl')}`;
}

/** How many ready-made tokens this VU has used. */
let turn = 0;

/**
 * The token of a buyer whom nobody has seen before. With ready-made tokens the buyers take turns.
 * @returns {string}
 */
export function newBuyer() {
  if (SECRET) {
    return signed('USER');
  }
  turn += 1;
  return /** @type {string} */ (BUYER_TOKENS[(exec.vu.idInTest + turn) % BUYER_TOKENS.length]);
}

/** @type {string} */
let editorToken = EDITOR_TOKEN;

/**
 * The token of the box office, the same for a whole VU.
 * @returns {string}
 */
export function editor() {
  editorToken ||= signed('EDITOR');
  return editorToken;
}
