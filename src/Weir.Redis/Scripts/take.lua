-- The token bucket on the clock of Redis: TokenBucket.cs, operation by operation, and the only writer of bucket keys.
--
-- KEYS[1]  the bucket
-- ARGV[1]  what is asked: six doubles, little-endian: spend (1, or 0 for a check), capacity in tokens, units per token,
--          units that drain per tick, microseconds per tick, cost in tokens
-- value    three doubles, little-endian: units spent, the stamp in us, units per token. A missing key has spent nothing.
-- reply    { outcome, units spent, stamp in us, Redis time in us }; outcome 0 allowed, 1 refused, 2 never fits
--
-- All numbers are whole and below 2^53, which doubles count exactly. State and expiry are one write; the key expires when
-- it cannot be told from a missing one. A refusal writes nothing, but for taking back a stamp from a clock that has since
-- stepped back: such a stamp is believed for one second at most, and mints nothing.

local MAX_FREEZE_US = 1000000
local EXACT_LIMIT = 9007199254740992

local spend, capacity, unit, refill, tick_us, cost = struct.unpack('<dddddd', ARGV[1])
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]

local spent, at_us = 0, 0
local value = redis.call('GET', KEYS[1])
if value then
  if #value ~= 24 then
    return redis.error_reply('DAMAGED the key holds no bucket of this format')
  end
  local stored_unit
  spent, at_us, stored_unit = struct.unpack('<ddd', value)
  if stored_unit ~= unit and spent > 0 then
    -- The quota changed its units: spent stays spent, rounded against the caller.
    local tokens = math.floor(spent / stored_unit)
    local rest = spent - tokens * stored_unit
    local part = 0
    if rest > 0 then
      part = math.min(unit, math.floor(rest * unit / stored_unit) + 1)
    end
    spent = math.min(tokens * unit + part, EXACT_LIMIT - 1)
  end
end

if cost > capacity then
  return { 2, spent, at_us, now_us }
end

-- The stamp is rounded up and the clock down, so a coarse tick never counts time that has not passed.
local stamp_us = math.min(at_us, now_us + MAX_FREEZE_US)
local now_tick = math.floor(now_us / tick_us)
local elapsed = now_tick - math.ceil(stamp_us / tick_us)
local drained = spent
if elapsed > 0 then
  drained = math.max(0, spent - elapsed * refill)
end

local after = drained + cost * unit
local allowed = after <= capacity * unit
if allowed then
  spent = after
  stamp_us = math.max(stamp_us, now_tick * tick_us)
end

if spend == 1 and (allowed or stamp_us < at_us) then
  local drained_at_us = (math.ceil(stamp_us / tick_us) + math.ceil(spent / refill)) * tick_us
  local ttl_ms = math.max(1, math.ceil((drained_at_us - now_us) / 1000))
  redis.call('SET', KEYS[1], struct.pack('<ddd', spent, stamp_us, unit), 'PX', ttl_ms)
end

return { allowed and 0 or 1, spent, stamp_us, now_us }
