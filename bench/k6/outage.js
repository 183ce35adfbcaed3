// Outage: 100 users for a minute and a half, during which you kill Redis and start it again.
//   k6 run bench/k6/outage.js
//   after 30 s:  docker compose -f deploy/compose.yaml kill redis     (or: redis-cli shutdown nosave)
//   after 60 s:  docker compose -f deploy/compose.yaml start redis    (or: redis-server)
// k6 cannot do this for you. Each third is judged by itself, and every request must be answered in all three.
import { take } from './take.js';

const third = (startTime) => ({ executor: 'constant-vus', vus: 100, duration: '29s', startTime, gracefulStop: '1s' });

export const options = {
  scenarios: { before: third('0s'), during: third('31s'), after: third('63s') },
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    'http_req_duration{scenario:before}': ['p(95)<50'],
    'http_req_duration{scenario:during}': ['p(95)<50', 'max<2000'],
    'http_req_duration{scenario:after}': ['p(95)<50'],
    'from_memory{scenario:before}': ['rate==0'],
    // A few answers may precede the kill, or follow the restart, if your hand is slow.
    'from_memory{scenario:during}': ['rate>0.9'],
    'from_memory{scenario:after}': ['rate<0.1'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export default take;
