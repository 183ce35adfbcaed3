-- One token bucket on the clock of Redis.
-- KEYS[1] the bucket; ARGV: tokens a second, capacity, cost, 1 to spend or 0 to look.
-- Replies allowed (1 or 0), whole tokens remaining, milliseconds of the Unix clock at which the cost fits (0 when allowed).
local rate = tonumber(ARGV[1])
local capacity = tonumber(ARGV[2])
local cost = tonumber(ARGV[3])

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)

local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at_ms')
local tokens = tonumber(stored[1]) or capacity
local at_ms = tonumber(stored[2]) or now_ms
tokens = math.min(capacity, tokens + math.max(0, now_ms - at_ms) * rate / 1000)

if tokens < cost then
  return { 0, math.floor(tokens), now_ms + math.ceil((cost - tokens) * 1000 / rate) }
end

tokens = tokens - cost
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], 'tokens', tokens, 'at_ms', now_ms)
  redis.call('PEXPIRE', KEYS[1], math.ceil(capacity * 1000 / rate) + 1000)
end
return { 1, math.floor(tokens), 0 }
