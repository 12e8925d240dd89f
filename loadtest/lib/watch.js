// The server as its operations port sees it: how much memory it takes, and how that grows.
import http from 'k6/http';

import { serverMemory, serverMemoryGrowth } from './metrics.js';
import { OPS_URL } from './settings.js';

/** Whether anybody said where the operations port is. */
export const canWatch = OPS_URL !== '';

/**
 * Bytes of memory the server has now.
 * @returns {number}
 */
function residentBytes() {
  const answer = http.get(`${OPS_URL}/metrics`, { tags: { name: 'metrics' } });
  const found = /^process_resident_memory_bytes (\S+)$/m.exec(String(answer.body));
  if (answer.status !== 200 || !found) {
    throw new Error(`${OPS_URL}/metrics answers ${answer.status} without the process's memory`);
  }
  return Number(found[1]);
}

/** What the server took when it was warm, as this VU saw it. */
let baseline = 0;

/**
 * Notes the memory, and once the server is warm how much it grew since. One VU does this.
 * @param {boolean} warm
 */
export function watchMemory(warm) {
  const bytes = residentBytes();
  serverMemory.add(bytes);
  if (warm) {
    baseline ||= bytes;
    serverMemoryGrowth.add(bytes - baseline);
  }
}
