import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';

const port = Number(process.env.PORT ?? 3000);
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', {
  enableAutoPipelining: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 1000,
});
redis.on('error', () => {});

// The library counts in fixed windows. Ten points in two seconds is the nearest it has to five tokens a second and a burst of ten.
const quota = { points: 10, duration: 2 };

/** Answers while Redis does not. The library does not say which limiter answered, so this one marks its answers. */
class Insurance extends RateLimiterMemory {
  async consume(...request) {
    return super.consume(...request).then(mark, (refusal) => Promise.reject(mark(refusal)));
  }

  async get(...request) {
    const state = await super.get(...request);
    return state && mark(state);
  }
}

function mark(state) {
  state.source = 'memory';
  return state;
}

const limiter = new RateLimiterRedis({
  ...quota,
  storeClient: redis,
  rejectIfRedisNotReady: true,
  insuranceLimiter: new Insurance(quota),
  // Whoever has used his points up is refused without asking Redis, until they come back.
  ...(process.env.BLOCK === 'yes' ? { inMemoryBlockOnConsumed: quota.points } : {}),
});

const decision = {
  type: 'object',
  properties: {
    allowed: { type: 'boolean' },
    remaining: { type: 'integer' },
    resetAtMs: { type: 'integer' },
    source: { type: 'string' },
  },
};
const request = {
  type: 'object',
  required: ['key'],
  properties: {
    key: { type: 'string', minLength: 1 },
    cost: { type: 'integer', minimum: 1, default: 1 },
    tenant: { type: 'string', default: 'default' },
  },
};

const app = Fastify({ logger: false, forceCloseConnections: true });

app.get('/limit/check', { schema: { querystring: request, response: { 200: decision } } }, async ({ query }) => {
  const { key, cost, tenant } = query;
  const state = await limiter.get(`${tenant}:${key}`);
  const left = state?.remainingPoints ?? quota.points;
  return answer(left >= cost, Math.max(0, left - cost), state);
});

app.post('/limit/incr', { schema: { body: request, response: { 200: decision, 429: decision } } }, async ({ body }, reply) => {
  const { key, cost, tenant } = body;
  try {
    const state = await limiter.consume(`${tenant}:${key}`, cost);
    return answer(true, state.remainingPoints, state);
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    reply.code(429);
    return answer(false, refusal.remainingPoints, refusal);
  }
});

function answer(allowed, remaining, state) {
  const resetAtMs = allowed ? 0 : Date.now() + (state?.msBeforeNext ?? 0);
  return { allowed, remaining, resetAtMs, source: state?.source ?? 'redis' };
}

// A thousand clients may connect at once; the usual queue of 511 would make half of them try again a second later.
await app.listen({ port, host: '127.0.0.1', backlog: 4096 });
console.log(`listening on http://127.0.0.1:${port}`);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await app.close();
    redis.disconnect();
  });
}
