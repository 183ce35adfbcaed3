// Steady state: 100 users, a minute long.
//   k6 run bench/k6/steady.js
import { take } from './take.js';

export const options = {
  scenarios: {
    steady: { executor: 'constant-vus', vus: 100, duration: __ENV.DURATION || '60s' },
  },
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    http_req_duration: ['p(95)<50', 'p(99)<100'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export default take;
