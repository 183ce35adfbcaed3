-- Decides concurrency limits for decisions.lua, in batches with permits. A key is a sorted set of holders by the time
-- in us at which their permits time out. The spent amount is the number of holders times the permits of each.

-- Returns the held permits and the time of room for the amount (if there is room, of all free); nil if damaged.
local function count_permits(key, capacity, amount, each, now_us)
  if type(redis.pcall('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now_us))) == 'table' then
    return nil
  end
  local holders = redis.call('ZCARD', key)
  if holders == 0 then
    return 0, 0
  end
  local leaving, over = holders, (holders + 1) * each - capacity
  if amount > 0 and over > 0 then
    leaving = math.min(holders, math.ceil(over / each))
  end
  local free_us = tonumber(redis.call('ZRANGE', key, leaving - 1, leaving - 1, 'WITHSCORES')[2]) or -1
  if free_us >= 0 and free_us < 9007199254740992 and free_us % 1 == 0 then
    return holders * each, free_us
  end
end

-- Executes a command on permits; changes nothing if is_look. Returns the held permits, the time of room, the outcome,
-- and whether permits were released; nothing if the key is damaged.
function permits(what, key, holder, capacity, amount, each, timeout_ms, now_us, is_look)
  local CHECK, TAKE, RESET, ALLOWED, REFUSED, NEVER_FITS = 0, 1, 3, 0, 1, 2
  if what == RESET then
    if not is_look then
      redis.call('DEL', key)
    end
    return 0, 0, ALLOWED
  end
  local held, free_us = count_permits(key, capacity, amount, each, now_us)
  if not held then
    return nil
  end
  local outcome = amount > capacity and NEVER_FITS or held + amount > capacity and REFUSED or ALLOWED
  if what == CHECK or is_look then
    return held, free_us, what > TAKE and ALLOWED or outcome
  end
  if what ~= TAKE then
    if redis.call('ZREM', key, holder) == 0 then
      return held, free_us, ALLOWED
    end
    held, free_us = count_permits(key, capacity, amount, each, now_us)
    return held, free_us, ALLOWED, true
  end
  if outcome == ALLOWED and amount > 0 then
    local until_us = now_us + timeout_ms * 1000
    redis.call('ZADD', key, string.format('%.0f', until_us), holder)
    held, free_us = held + amount, math.max(free_us, until_us)
    redis.call('PEXPIRE', key, string.format('%.0f', math.ceil((free_us - now_us) / 1000) + 1))
  end
  return held, free_us, outcome
end
