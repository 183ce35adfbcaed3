/** The fallback: token buckets in this process. Full buckets are swept out, so the map stays as small as the traffic. */
export class MemoryStore {
  #buckets = new Map();

  constructor(sweepMs = 10_000) {
    setInterval(() => this.#sweep(), sweepMs).unref();
  }

  decide(key, { rate, capacity }, cost, spend) {
    const now = Date.now();
    const bucket = this.#buckets.get(key);
    const tokens = bucket ? Math.min(capacity, bucket.tokens + ((now - bucket.at) * rate) / 1000) : capacity;
    if (tokens < cost) {
      const resetAtMs = now + Math.ceil(((cost - tokens) * 1000) / rate);
      return { allowed: false, remaining: Math.floor(tokens), resetAtMs, source: 'memory' };
    }
    if (spend) this.#buckets.set(key, { tokens: tokens - cost, at: now, fullAt: now + ((capacity - tokens + cost) * 1000) / rate });
    return { allowed: true, remaining: Math.floor(tokens - cost), resetAtMs: 0, source: 'memory' };
  }

  #sweep() {
    const now = Date.now();
    for (const [key, bucket] of this.#buckets) if (bucket.fullAt <= now) this.#buckets.delete(key);
  }
}
