-- The token bucket on the clock of Redis: TokenBucket.cs, operation by operation, for a batch of independent buckets.
-- It is the only writer of bucket keys.
--
-- KEYS[i]  a bucket
-- ARGV[1]  six doubles a bucket, little-endian: spend (1, or 0 for a check), capacity in tokens, units per token, units that
--          drain per tick, microseconds per tick, cost in tokens
-- value    three doubles, little-endian: units spent, the stamp in us, units per token. A missing key has spent nothing.
--          Anything else under the key is damage, and is left as it is.
-- reply    doubles, little-endian: the time of Redis in us, then three a bucket: outcome, units spent, stamp in us;
--          outcome 0 allowed, 1 refused, 2 never fits, 3 damaged
--
-- All numbers are whole and below 2^53, which doubles count exactly. State and expiry are one write; a key expires when it
-- cannot be told from a missing one. A refusal writes nothing, but for taking back a stamp from a clock that has since
-- stepped back: such a stamp is believed for one second at most, and mints nothing.

local ALLOWED, REFUSED, NEVER_FITS, DAMAGED = 0, 1, 2, 3
local MAX_FREEZE_US = 1000000
local EXACT_LIMIT = 9007199254740992
local VALUE_SIZE = 24
-- Longer than any quota takes to drain; Redis refuses what it cannot count.
local MAX_TTL_MS = 4000000000000

local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local pack, unpack = struct.pack, struct.unpack

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]

-- Says no to NaN, too, which is neither less nor more than anything.
local function is_whole(number, least)
  return number >= least and number < EXACT_LIMIT and floor(number) == number
end

-- The quota changed its units: spent stays spent, rounded against the caller.
local function rescale(spent, from, to)
  if from == to or spent == 0 then
    return spent
  end
  local tokens = floor(spent / from)
  local rest = spent - tokens * from
  local part = 0
  if rest > 0 then
    part = min(to, floor(rest * to / from) + 1)
  end
  return min(tokens * to + part, EXACT_LIMIT - 1)
end

local function take(key, spend, capacity, unit, refill, tick_us, cost)
  local spent, at_us = 0, 0
  local value = redis.pcall('GET', key)
  if value then
    if type(value) ~= 'string' or #value ~= VALUE_SIZE then
      return DAMAGED, 0, 0
    end
    local stored_unit
    spent, at_us, stored_unit = unpack('<ddd', value)
    if not (is_whole(spent, 0) and is_whole(at_us, 0) and is_whole(stored_unit, 1)) then
      return DAMAGED, 0, 0
    end
    spent = rescale(spent, stored_unit, unit)
  end
  if cost > capacity then
    return NEVER_FITS, spent, at_us
  end

  -- The stamp is rounded up and the clock down, so a coarse tick never counts time that has not passed.
  local stamp_us = min(at_us, now_us + MAX_FREEZE_US)
  local now_tick = floor(now_us / tick_us)
  local elapsed = now_tick - ceil(stamp_us / tick_us)
  local drained = spent
  if elapsed > 0 then
    drained = max(0, spent - elapsed * refill)
  end

  local after = drained + cost * unit
  local allowed = after <= capacity * unit
  if allowed then
    spent = after
    stamp_us = max(stamp_us, now_tick * tick_us)
  end

  if spend == 1 and (allowed or stamp_us < at_us) then
    local drained_at_us = (ceil(stamp_us / tick_us) + ceil(spent / refill)) * tick_us
    local ttl_ms = min(MAX_TTL_MS, max(1, ceil((drained_at_us - now_us) / 1000)))
    redis.call('SET', key, pack('<ddd', spent, stamp_us, unit), 'PX', string.format('%.0f', ttl_ms))
  end
  return allowed and ALLOWED or REFUSED, spent, stamp_us
end

local replies = { pack('<d', now_us) }
local position = 1
for i = 1, #KEYS do
  local spend, capacity, unit, refill, tick_us, cost
  spend, capacity, unit, refill, tick_us, cost, position = unpack('<dddddd', ARGV[1], position)
  replies[i + 1] = pack('<ddd', take(KEYS[i], spend, capacity, unit, refill, tick_us, cost))
end
return table.concat(replies)
