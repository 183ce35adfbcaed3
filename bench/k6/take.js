// What the three scenarios share: one take of one token, what its answer must be, and what is counted.
import { check } from 'k6';
import http from 'k6/http';
import { Counter, Rate } from 'k6/metrics';

const base = __ENV.WEIR_URL || 'http://localhost:3000';
const keys = Number(__ENV.KEYS || 10000);

const allowed = new Counter('takes_allowed');
const denied = new Counter('takes_denied');
const fromMemory = new Rate('from_memory');

// A refusal is an answer, not a failure.
http.setResponseCallback(http.expectedStatuses(200, 429));

export function take() {
  const key = `user_${Math.floor(Math.random() * keys)}`;
  const response = http.post(`${base}/limit/incr`, JSON.stringify({ key, cost: 1 }), {
    headers: { 'Content-Type': 'application/json' },
    timeout: '2s',
  });
  const answered = check(response, {
    'the status is 200 or 429': (r) => r.status === 200 || r.status === 429,
  });
  if (!answered) return;
  const decision = response.json();
  check(decision, {
    'the body agrees with the status': (d) => d.allowed === (response.status === 200),
    'a refusal says when to come back': (d) => d.allowed || d.resetAtMs > 0,
    'the source is redis or memory': (d) => d.source === 'redis' || d.source === 'memory',
  });
  (decision.allowed ? allowed : denied).add(1);
  fromMemory.add(decision.source === 'memory');
}
