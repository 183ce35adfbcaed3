-- Limits on the clock of Redis: TokenBucket.cs, WindowQuota.cs and ConcurrencyQuota.cs, operation by operation, for a batch of independent
-- decisions. It is the only writer of bucket keys.
--
-- KEYS     decision by decision: its memo, if it has one, then a bucket for each of its limits
-- ARGV[1]  doubles, little-endian, decision by decision:
--          what (0 check, 1 take, 2 charge, 3 reset, 4 settle: a charge in units, 5 restore: settle the first limit by how much the cost exceeds
--          what the second one holds, and that as well), limits, memo (0 none, 1 once, 2 settle), horizon (the microseconds that a lease lives; 0: no leases)
--          with a memo: milliseconds to keep it, milliseconds for which it may be settled (0: it is nothing to settle)
--          then for each limit: kind, shadow (1 or 0), capacity, cost, and three by kind
--            0 bucket  units a token, units that drain a tick, microseconds a tick
--            1 window  the only end at which to give back (0: any), and of five edges (the beginning of the window before, then four ends) the first two
--            2 places  how many a holder has, milliseconds for which they are held, 0
--          with a horizon: tokens wanted ahead, tokens given back that were leased and not used, the stamp of the lease that they were of
--          of a window the three edges that are left
-- ARGV[2…] decision by decision: with a memo, its fingerprint and then what to keep with it; for each limit of places, its holder
-- value    of a bucket: three doubles and a float, little-endian: units spent, the stamp in us, units a token, units that drain a microsecond. Of a
--          window: tokens spent, when it ends, 0, 0. A missing key has spent nothing. Of places: a sorted set of holders by the time at which they lose
--          them. Anything else under the key is damage, and is left as it is until it is reset.
-- memo     a byte (1 to be settled, 2 settled or nothing to settle), 16 bytes of fingerprint, two doubles (when it can be settled no more, limits), the
--          reply, and what was to be kept with it
-- reply    doubles, little-endian, decision by decision: code, the time of Redis in us, then for each limit: outcome, spent, stamp or end in us.
--          With a horizon also the tokens that are leased. The stamp of a lease is the time of Redis, or, of a window, its end.
--          code 0 answered, 1 answered before, 2 the edges are not of now, 3 another fingerprint, 4 nothing to settle, 5 damage
--          outcome 0 allowed, 1 refused, 2 never fits
--
-- All numbers are whole and below 2^53, which doubles count exactly. State and expiry are one write; a key expires when it cannot be told from
-- a missing one. A decision that is refused by a limit that is no shadow spends nothing. What refused it is written in two cases, which change
-- nothing of what is spent: to take back a stamp from a clock that has since stepped back (it is believed for one second at most, and mints
-- nothing), and when the quota has changed, so that the key lives as long as the answer that was given is true.
--
-- A lease is spent when it is granted. So that what is outstanding never exceeds what is spent, though that drains, spent is raised to what drains in
-- a horizon before a lease is granted; what has drained of a lease since is not given back with it, since it has been handed out again. Horizons
-- must be the same for all. Of a window nothing drains, and what was leased in one is not given back to another.
--
-- A key, but for places, is read once a call and written once, at its end: what many decisions of a batch share costs as much as if one had it.

local CHECK, TAKE, CHARGE, RESET, SETTLE, RESTORE = 0, 1, 2, 3, 4, 5
local BUCKET, WINDOW, PLACES = 0, 1, 2
local ALLOWED, REFUSED, NEVER_FITS = 0, 1, 2
local ANSWERED, BEFORE, STALE, CONFLICT, GONE, DAMAGED = 0, 1, 2, 3, 4, 5
local OPEN, SETTLED = 1, 2
local MAX_FREEZE_US = 1000000
local EXACT_LIMIT = 9007199254740992
local VALUE_SIZE = 28
local LINE_SIZE = 24
local LEASE_LINE_SIZE = 32
local MEMO_HEAD = 33
-- Longer than any quota takes to drain; Redis refuses what it cannot count.
local MAX_TTL_MS = 4000000000000

local call, try = redis.call, redis.pcall
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local pack, unpack, concat, format, sub = struct.pack, struct.unpack, table.concat, string.format, string.sub

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local numbers, position, text, key_index = ARGV[1], 1, 1, 0
local horizon_us = 0
local is_in_units = false

-- What keys hold by now (false: nothing), and the milliseconds for which those are to be kept that were changed (0: not at all).
local values, ttls = {}, {}

local function next_text()
  text = text + 1
  return ARGV[text]
end

local function next_key()
  key_index = key_index + 1
  return KEYS[key_index]
end

-- An error in place of a value, such as of a key of another type, is a table.
local function get(key)
  local value = values[key]
  if value == nil then
    value = try('GET', key)
    values[key] = value
  end
  return value
end

local function put(key, value, ttl_ms)
  values[key], ttls[key] = value, ttl_ms
end

local function write_all()
  -- Most of a batch live equally long, and to spell a number costs as much as to look a key up.
  local spelled = {}
  for key, ttl_ms in pairs(ttls) do
    if ttl_ms == 0 then
      redis.call('DEL', key)
    else
      local ttl = spelled[ttl_ms]
      if not ttl then
        ttl = format('%.0f', ttl_ms)
        spelled[ttl_ms] = ttl
      end
      call('SET', key, values[key], 'PX', ttl)
    end
  end
end

-- Says no to NaN, too, which is neither less nor more than anything.
local function is_whole(number, least)
  return number >= least and number < EXACT_LIMIT and floor(number) == number
end

-- What a float keeps of a number.
local floats = {}
local function float_of(number)
  local float = floats[number]
  if not float then
    float = unpack('<f', pack('<f', number))
    floats[number] = float
  end
  return float
end

-- Nearly all decisions are a take at one bucket, with neither memo nor leases, that was written for this quota by a clock that has not stepped back. They are decided as
-- all others are, in a few steps without tables, which saves a third of their time. Nothing is done, and nothing returned, when it is not such a one.
local function decide_quickly()
  -- A decision of no limit at all, which only keeps its memo, is shorter than what is read here.
  if #numbers < position + 87 then
    return nil
  end
  local what, count, memo_kind, horizon, kind, _, capacity, cost, unit, refill, tick_us, after = unpack('<ddddddddddd', numbers, position)
  if what ~= TAKE or count ~= 1 or memo_kind ~= 0 or horizon ~= 0 or kind ~= BUCKET or cost == 0 or cost > capacity then
    return nil
  end
  local key = KEYS[key_index + 1]
  local value = values[key]
  if value == nil then
    value = get(key)
  end
  local spent, at_us, drain = 0, 0, refill / tick_us
  if value then
    if type(value) ~= 'string' or #value ~= VALUE_SIZE then
      return nil
    end
    local unit_then, drain_then
    spent, at_us, unit_then, drain_then = unpack('<dddf', value)
    local whole = spent >= 0 and spent < EXACT_LIMIT and spent % 1 == 0 and at_us >= 0 and at_us <= now_us and at_us % 1 == 0
    if not whole or unit_then ~= unit or drain_then ~= (floats[drain] or float_of(drain)) then
      return nil
    end
  end
  key_index, position = key_index + 1, after
  local tick = floor(now_us / tick_us)
  local outcome, taken = REFUSED, max(0, spent - max(0, tick - ceil(at_us / tick_us)) * refill) + cost * unit
  if taken <= capacity * unit then
    outcome, spent, at_us = ALLOWED, taken, max(at_us, tick * tick_us)
    local gone_us = (ceil(at_us / tick_us) + ceil(spent / refill)) * tick_us
    values[key], ttls[key] = pack('<dddf', spent, at_us, unit, drain), min(MAX_TTL_MS, max(1, ceil((gone_us - now_us) / 1000)))
  end
  return pack('<ddddd', ANSWERED, now_us, outcome, spent, at_us)
end

-- All other decisions. What is in here, down to its end, is defined when the first of those comes: that takes as long as two decisions.
local function define_decide()

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

-- Reads a bucket or a window: what is spent, its stamp, the units it was written with, and those that drain a microsecond. Nothing if it is damaged.
local function read(key)
  local value = get(key)
  if not value then
    return 0, 0, nil
  end
  if type(value) ~= 'string' or #value ~= VALUE_SIZE then
    return nil
  end
  local spent, at_us, unit, drain = unpack('<dddf', value)
  if not (is_whole(spent, 0) and is_whole(at_us, 0) and is_whole(unit, 0)) then
    return nil
  end
  return spent, at_us, unit, drain
end

local function write(limit, drain)
  local ttl_ms = min(MAX_TTL_MS, max(1, ceil((limit.gone_us - now_us) / 1000)))
  put(limit.key, pack('<dddf', limit.spent, limit.at_us, limit.unit, drain), ttl_ms)
end

-- Each kind: ask says how a limit stands and what it answers, spend writes what it has taken, charge spends without
-- asking, reset forgets, and insist writes what a refusal rests on.

local bucket = {}

-- What was leased and not used comes back as old as it is.
local function give_back(limit, spent)
  local age = max(0, ceil(now_us / limit.tick_us) - floor(limit.back_us / limit.tick_us))
  local aged = limit.back * limit.unit - age * limit.refill
  if aged <= 0 then
    return spent
  end
  limit.changed = true
  return max(0, spent - aged)
end

function bucket.ask(limit, unit, refill, tick_us)
  limit.unit, limit.refill, limit.tick_us = unit, refill, tick_us
  local spent, at_us, unit_then, drain_then = read(limit.key)
  if not spent then
    return DAMAGED
  end
  local drain = refill / tick_us
  limit.drain, limit.changed = drain, false
  if unit_then == 0 then
    -- It was a window: what was spent in it is spent, until that would have ended by itself.
    spent, at_us = rescale(spent, 1, unit), now_us
    limit.changed = true
  elseif unit_then then
    spent = rescale(spent, unit_then, unit)
    limit.changed = unit_then ~= unit or (drain_then ~= drain and drain_then ~= float_of(drain))
  end

  -- The stamp is rounded up and the clock down, so a coarse tick never counts time that has not passed.
  local stamp_us = min(at_us, now_us + MAX_FREEZE_US)
  local now_tick = floor(now_us / tick_us)
  local elapsed = now_tick - ceil(stamp_us / tick_us)
  local drained = spent
  if elapsed > 0 then
    drained = max(0, spent - elapsed * refill)
  end
  if limit.back > 0 then
    spent, drained = give_back(limit, spent), give_back(limit, drained)
  end
  limit.spent, limit.at_us, limit.drained, limit.stamp_us, limit.now_us = spent, at_us, drained, stamp_us, now_tick * tick_us
  limit.amount = is_in_units and limit.cost or limit.cost * unit
  if limit.cost > limit.capacity then
    return ANSWERED, NEVER_FITS
  end
  if drained + limit.amount > limit.capacity * unit then
    limit.changed = limit.changed or stamp_us < at_us
    limit.at_us = stamp_us
    return ANSWERED, REFUSED
  end
  return ANSWERED, ALLOWED
end

local function put_bucket(limit, spent, at_us)
  limit.spent, limit.at_us = spent, at_us
  if spent == 0 then
    return put(limit.key, false, 0)
  end
  limit.gone_us = (ceil(at_us / limit.tick_us) + ceil(spent / limit.refill)) * limit.tick_us
  write(limit, limit.drain)
end

function bucket.spend(limit)
  local spent = limit.drained + limit.amount
  if limit.want > 0 then
    local raised = max(limit.drained, ceil(horizon_us / limit.tick_us) * limit.refill) + limit.amount
    local room = floor((limit.capacity * limit.unit - raised) / limit.unit)
    if room > 0 then
      limit.leased = min(limit.want, room)
      spent = raised + limit.leased * limit.unit
    end
  end
  put_bucket(limit, spent, max(limit.stamp_us, limit.now_us))
end

function bucket.charge(limit)
  limit.touched = limit.drained > 0 or limit.amount > 0
  put_bucket(limit, min(EXACT_LIMIT - 1, max(0, limit.drained + limit.amount)), max(limit.stamp_us, limit.now_us))
end

function bucket.reset(limit)
  limit.spent, limit.at_us = 0, now_us
  put(limit.key, false, 0)
end

function bucket.insist(limit)
  if limit.changed then
    put_bucket(limit, limit.spent, limit.at_us)
  end
end

local window = { reset = bucket.reset }

function window.ask(limit, only, e0, e1)
  local e2, e3, e4
  e2, e3, e4, position = unpack('<ddd', numbers, position)
  if now_us < e0 or now_us >= e3 then
    return STALE
  end
  local ends, following = e1, e2
  if now_us >= e2 then
    ends, following = e3, e4
  elseif now_us >= e1 then
    ends, following = e2, e3
  end
  local spent, at_us, unit = read(limit.key)
  if not spent then
    return DAMAGED
  end
  local until_us = at_us
  if unit and unit > 0 then
    spent, until_us = ceil(spent / unit), ends
  end
  if until_us <= now_us then
    spent, until_us = 0, ends
  elseif until_us > ends and ends - now_us <= MAX_FREEZE_US then
    -- The clock stepped back over an edge: it is the later window still.
    until_us = min(until_us, following)
  else
    until_us = ends
  end
  limit.changed = unit and until_us ~= at_us
  if limit.back > 0 and limit.back_us == until_us then
    spent = max(0, spent - limit.back)
    limit.changed = true
  end
  limit.unit, limit.only, limit.spent, limit.at_us, limit.gone_us = 0, only, spent, until_us, until_us
  limit.amount, limit.drained = limit.cost, spent
  if limit.cost > limit.capacity then
    return ANSWERED, NEVER_FITS
  end
  return ANSWERED, spent + limit.cost > limit.capacity and REFUSED or ALLOWED
end

function window.spend(limit)
  limit.leased = max(0, min(limit.want, limit.capacity - limit.spent - limit.cost))
  limit.spent = limit.spent + limit.cost + limit.leased
  write(limit, 0)
end

-- A window in which nothing is spent cannot be told from none.
local function put_window(limit)
  if limit.spent == 0 then
    put(limit.key, false, 0)
  else
    write(limit, 0)
  end
end

function window.charge(limit)
  limit.touched = false
  -- What was spent in a window that is over is not given back to the one that came after it.
  if limit.amount < 0 and limit.only ~= 0 and limit.only ~= limit.at_us then
    return
  end
  limit.touched = limit.spent > 0 or limit.amount > 0
  limit.spent = min(EXACT_LIMIT - 1, max(0, limit.spent + limit.amount))
  put_window(limit)
end

function window.insist(limit)
  if limit.changed then
    put_window(limit)
  end
end

local places = {}

-- Counts what is held, and when so much of it is free that the cost fits.
local function count_holders(limit)
  local holders = redis.call('ZCARD', limit.key)
  limit.spent, limit.at_us = holders * limit.unit, 0
  local over = limit.spent + limit.unit - limit.capacity
  if holders > 0 then
    local leaving = holders
    if limit.cost > 0 and over > 0 then
      leaving = min(holders, floor((over - 1) / limit.unit) + 1)
    end
    limit.at_us = tonumber(redis.call('ZRANGE', limit.key, leaving - 1, leaving - 1, 'WITHSCORES')[2]) or -1
  end
end

function places.ask(limit, each, lease_ms)
  limit.unit, limit.lease_ms = each, lease_ms
  limit.holder = next_text()
  local kind = redis.call('TYPE', limit.key).ok
  if kind ~= 'zset' and kind ~= 'none' then
    return DAMAGED
  end
  redis.call('ZREMRANGEBYSCORE', limit.key, '-inf', format('%.0f', now_us))
  count_holders(limit)
  if not is_whole(limit.at_us, 0) then
    return DAMAGED
  end
  if limit.cost > limit.capacity then
    return ANSWERED, NEVER_FITS
  end
  return ANSWERED, limit.spent + limit.cost > limit.capacity and REFUSED or ALLOWED
end

function places.insist(limit)
end

function places.spend(limit)
  if limit.cost == 0 then
    return
  end
  local until_us = now_us + limit.lease_ms * 1000
  redis.call('ZADD', limit.key, format('%.0f', until_us), limit.holder)
  limit.spent, limit.at_us = limit.spent + limit.cost, max(limit.at_us, until_us)
  redis.call('PEXPIRE', limit.key, format('%.0f', ceil((limit.at_us - now_us) / 1000) + 1))
end

function places.charge(limit)
  limit.touched = redis.call('ZREM', limit.key, limit.holder) > 0
  if limit.touched then
    count_holders(limit)
  end
end

function places.reset(limit)
  limit.spent, limit.at_us = 0, 0
  redis.call('DEL', limit.key)
end

local KINDS = { [BUCKET] = bucket, [WINDOW] = window, [PLACES] = places }

-- The limits of the decision at hand. Those of the one before it are written over, since to make tables costs more than to decide.
local limits = {}

local function new_limit()
  -- All fields at once: a table that grows is laid out anew several times.
  return {
    key = '', kind = bucket, shadow = 0, capacity = 0, cost = 0, unit = 0, refill = 0, tick_us = 0, drain = 0, spent = 0, at_us = 0, only = 0, lease_ms = 0,
    amount = 0, want = 0, back = 0, back_us = 0, leased = 0, holder = '', drained = 0, stamp_us = 0, now_us = 0, gone_us = 0, outcome = ALLOWED, changed = false, touched = false,
  }
end

local function reply_of(count)
  if horizon_us > 0 then
    local lines = { pack('<dd', ANSWERED, now_us) }
    for i = 1, count do
      local limit = limits[i]
      lines[i + 1] = pack('<dddd', limit.outcome, limit.spent, limit.at_us, limit.leased)
    end
    return concat(lines)
  end
  if count == 0 then
    return pack('<dd', ANSWERED, now_us)
  end
  local first = limits[1]
  local reply = pack('<ddddd', ANSWERED, now_us, first.outcome, first.spent, first.at_us)
  if count == 1 then
    return reply
  end
  local parts = { reply }
  for i = 2, count do
    local limit = limits[i]
    parts[i] = pack('<ddd', limit.outcome, limit.spent, limit.at_us)
  end
  return concat(parts)
end

local function blank(code, count)
  return pack('<dd', code, now_us) .. string.rep('\0', count * (horizon_us > 0 and LEASE_LINE_SIZE or LINE_SIZE))
end

-- What cannot be read as a memo is damage.
local function is_memo(value)
  if type(value) ~= 'string' or #value < MEMO_HEAD + 16 then
    return false
  end
  local state, until_us, had = string.byte(value), unpack('<dd', value, 18)
  return (state == OPEN or state == SETTLED) and is_whole(until_us, 0) and is_whole(had, 0)
    and is_whole(unpack('<d', value, MEMO_HEAD + 9), 0) and #value >= MEMO_HEAD + 16 + had * LINE_SIZE
end

-- A reply of other limits than those that are asked about now is cut, or filled up, to as many.
local function remembered(memo, count)
  local had = unpack('<d', memo, 26)
  local lines = sub(memo, MEMO_HEAD + 17, MEMO_HEAD + 16 + min(had, count) * LINE_SIZE)
  local at_us = unpack('<d', memo, MEMO_HEAD + 9)
  return pack('<dd', BEFORE, at_us) .. lines .. string.rep('\0', count * LINE_SIZE - #lines)
end

local function keep(memo, state, until_us, count, reply)
  put(memo.key, string.char(state) .. memo.fingerprint .. pack('<dd', until_us, count) .. reply .. memo.text, memo.keep_ms)
end

-- Reads a decision's limits and asks them all; says the code, and what those that are enforced say together.
local function ask_all(count)
  local code, worst = ANSWERED, ALLOWED
  for i = 1, count do
    local limit = limits[i]
    if not limit then
      limit = new_limit()
      limits[i] = limit
    end
    local kind, shadow, a, b, c
    kind, shadow, limit.capacity, limit.cost, a, b, c, position = unpack('<ddddddd', numbers, position)
    limit.key, limit.shadow, limit.kind = next_key(), shadow, KINDS[kind]
    limit.want, limit.back, limit.leased = 0, 0, 0
    if horizon_us > 0 then
      limit.want, limit.back, limit.back_us, position = unpack('<ddd', numbers, position)
    end
    local said, outcome = limit.kind.ask(limit, a, b, c)
    limit.outcome = outcome
    code = max(code, said)
    if said == ANSWERED and shadow == 0 then
      worst = max(worst, outcome)
    end
  end
  return code, worst
end

local function take_all(count, worst)
  for i = 1, count do
    local limit = limits[i]
    if limit.outcome == ALLOWED and worst == ALLOWED then
      limit.kind.spend(limit)
    elseif limit.outcome == REFUSED or limit.back > 0 then
      limit.kind.insist(limit)
    end
  end
end

local function spend_all(what, count, worst)
  if what == TAKE then
    return take_all(count, worst)
  end
  if what == RESTORE then
    local missing = max(0, limits[1].amount - limits[2].drained)
    limits[1].amount, limits[2].amount = missing, missing
  end
  for i = 1, count do
    local limit = limits[i]
    if what == CHARGE or is_in_units then
      limit.kind.charge(limit)
      limit.outcome = ALLOWED
    elseif what == RESET then
      limit.kind.reset(limit)
      limit.outcome = ALLOWED
    end
  end
end

-- What changed nothing need not be known again: a refusal, and a refund of what had not been spent. That something is
-- settled must be.
local function is_to_be_kept(what, memo_kind, count, worst)
  if what ~= CHARGE then
    return worst == ALLOWED or is_in_units
  end
  for i = 1, count do
    if limits[i].touched then
      return true
    end
  end
  return memo_kind == 2
end

local function decide()
  local what, count, memo_kind
  what, count, memo_kind, horizon_us, position = unpack('<dddd', numbers, position)
  is_in_units = what == SETTLE or what == RESTORE
  local memo, before
  if memo_kind > 0 then
    memo = { key = next_key(), fingerprint = next_text(), text = next_text() }
    memo.keep_ms, memo.open_ms, position = unpack('<dd', numbers, position)
    before = get(memo.key)
  end
  local code, worst = ask_all(count)
  if before and not is_memo(before) then
    return blank(DAMAGED, count)
  end
  if before then
    local same = sub(before, 2, 17) == memo.fingerprint
    if memo_kind == 1 or string.byte(before) == SETTLED then
      return same and remembered(before, count) or blank(CONFLICT, count)
    end
    if unpack('<d', before, 18) <= now_us then
      return blank(GONE, count)
    end
  elseif memo_kind == 2 then
    return blank(GONE, count)
  end
  -- What is damaged is mended by forgetting it.
  if code ~= ANSWERED and not (what == RESET and code == DAMAGED) then
    return blank(code, count)
  end

  spend_all(what, count, worst)
  local reply = reply_of(count)
  if memo and is_to_be_kept(what, memo_kind, count, worst) then
    local open = memo_kind == 1 and memo.open_ms > 0
    keep(memo, open and OPEN or SETTLED, now_us + memo.open_ms * 1000, count, reply)
  end
  return reply
end

return decide
end

local replies, decisions, decide = {}, 0, nil
while position <= #numbers do
  decisions = decisions + 1
  local reply = decide_quickly()
  if not reply then
    decide = decide or define_decide()
    reply = decide()
  end
  replies[decisions] = reply
end
write_all()
return concat(replies)
