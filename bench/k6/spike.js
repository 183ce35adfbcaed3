// Spike: from 50 users to 1,000 within five seconds, half a minute there, and back.
//   k6 run bench/k6/spike.js
import { take } from './take.js';

export const options = {
  scenarios: {
    spike: {
      executor: 'ramping-vus',
      startVUs: 50,
      stages: [
        { duration: '10s', target: 50 },
        { duration: '5s', target: 1000 },
        { duration: '30s', target: 1000 },
        { duration: '5s', target: 50 },
        { duration: '10s', target: 50 },
      ],
      gracefulRampDown: '2s',
    },
  },
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    http_req_duration: ['p(95)<250', 'p(99)<500'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export default take;
