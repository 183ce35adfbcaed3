import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { CircuitBreaker } from './breaker.js';
import { MemoryStore } from './memory-store.js';
import { quotaOf } from './tiers.js';

// A busy event loop runs its timers before it reads what Redis has long answered, so a short deadline would see outages where none are.
const deadlineMs = 1000;

/** Decides on Redis, and on this process's memory while Redis does not answer. */
export class Limiter {
  #breaker = new CircuitBreaker();
  #memory = new MemoryStore();
  #redis;

  constructor(url, autoPipelining) {
    // With pipelining, commands of one turn of the event loop share a write; nothing queues while Redis is away.
    this.#redis = new Redis(url, {
      enableAutoPipelining: autoPipelining,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: deadlineMs,
      retryStrategy: (attempt) => Math.min(attempt * 50, 1000),
    });
    this.#redis.on('error', () => {});
    // A defined command is sent as EVALSHA, and as EVAL when Redis does not know it yet.
    this.#redis.defineCommand('takeTokens', {
      numberOfKeys: 1,
      lua: readFileSync(new URL('./bucket.lua', import.meta.url), 'utf8'),
    });
  }

  async decide(tenant, key, cost, spend) {
    const quota = quotaOf(tenant);
    const bucket = `limit:${tenant}:${key}`;
    if (!this.#breaker.permits()) return this.#memory.decide(bucket, quota, cost, spend);
    try {
      const [allowed, remaining, resetAtMs] =
        await this.#redis.takeTokens(bucket, quota.rate, quota.capacity, cost, spend ? 1 : 0);
      this.#breaker.succeeded();
      return { allowed: allowed === 1, remaining, resetAtMs, source: 'redis' };
    } catch {
      this.#breaker.failed();
      return this.#memory.decide(bucket, quota, cost, spend);
    }
  }

  close() {
    this.#redis.disconnect();
  }
}
