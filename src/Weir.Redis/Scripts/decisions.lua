-- Decides a batch of commands on the clock of Redis, each on all of its buckets or on none. It is the only writer of
-- bucket keys. TokenBucket.cs and WindowQuota.cs are the same arithmetic. The texts of buckets.lua or permits.lua, and
-- of answers.lua, stand before this one.
--
-- KEYS     command by command: its idempotency record, if it has one; to undo a take, the record of that; the account
--          of stored answers, to undo a take and if the record is bounded; then a bucket for each of its limits
-- ARGV[1]  doubles, little-endian, command by command:
--          operation: 0 check, 1 take, 2 charge, 3 reset, 4 settle (a charge in units), 5 restore (settles the first
--            limit by how much its amount exceeds what is spent of the second one, and that one as well)
--          limits; record (0 none, 1 once, 2 settles, 3 undoes a take, 4 undoes one that memory admitted); horizon (us
--            a lease lives; 0 no leases); bytes of the command
--          with a record: milliseconds to keep it, milliseconds for which it may be settled (0 never; to undo a take,
--            the time of Redis at it instead), bytes that the stored answers of its hash tag may take (0: not bounded)
--          then limit by limit: kind, shadow (1 or 0), capacity and amount in units, and four by kind
--            0 bucket   units a token, units that drain a tick, us a tick, units that drain a us, as a float keeps them
--            1 window   the only end at which to give back (0 any), and of five edges (the start of the window before,
--                       then four ends) the first three
--            2 permits  how much a holder has, milliseconds until a permit times out, 0, 0
--          with a horizon: tokens wanted ahead, leased tokens given back unused, the stamp of their lease
--          of a window the two edges that are left
-- ARGV[2…] command by command: with permits.lua its holder; with a record its fingerprint and the text to keep
-- bucket   three doubles and a float, little-endian: units spent, the stamp in us, units a token, units drained a us;
--          of a window: tokens spent, when it ends, 0, 0. A missing key has spent nothing. Any other value is damage,
--          and stays as it is until a reset.
-- record   a byte (1 to be settled, 2 not), 16 bytes of fingerprint, two doubles (when it can be settled no more,
--          limits), the reply with the time until which it is counted in place of its code (0 not counted), the text.
--          The time is a multiple of 2^20 us; the callers that were answered by the record later are added to it.
-- version  of a bucket is its length, of a record its first byte: both are of version 1. A value of another version is
--          damage to this script.
-- reply    doubles, little-endian, command by command: code, the time of Redis in us, then limit by limit: outcome,
--          spent, stamp or end in us, and with a horizon the leased tokens. The stamp of a lease is the time of Redis,
--          or the end of the window.
--          code 0 answered, 1 answered before, 2 the edges are not of now, 3 another fingerprint, 4 nothing to settle,
--          5 damage, 6 no room for the answer, so that nothing was done, 7 not undone, since others were answered by
--          the record; outcome 0 allowed, 1 refused, 2 never fits
--
-- All numbers are whole and below 2^53, which doubles count exactly. A key expires when it is as good as missing. A
-- refusal by an enforced limit spends nothing. It writes its bucket in two cases, which leave the spent amount alone:
-- to take back a stamp from a clock that has stepped back since, and when the quota has changed, so that the key lives
-- as long as the answer is true.
--
-- A lease is spent when it is granted. Spent is first raised to what drains in a horizon, and a lease is given back
-- without what has drained since, so leases out never exceed what is spent. Horizons must be the same at all instances.

local CHECK, TAKE, CHARGE, RESET, RESTORE = 0, 1, 2, 3, 5
local SAME_TTL = -1
local BUCKET, PERMITS = 0, 2
local ALLOWED, REFUSED, NEVER_FITS = 0, 1, 2
local ANSWERED, BEFORE, STALE, CONFLICT, GONE, DAMAGED, FULL, KEPT = 0, 1, 2, 3, 4, 5, 6, 7
local OPEN, SETTLED = 1, 2
local ONCE, SETTLES, UNDOES, STAYS = 1, 2, 3, 4
local MAX_FREEZE_US = 1000000
local EXACT_LIMIT = 9007199254740992
local BUCKET_SIZE, RECORD_HEAD, REPLY_HEAD = 28, 33, 16
-- Longer than any quota takes to drain; Redis refuses what it cannot count.
local MAX_TTL_MS = 4000000000000

local call, try = redis.call, redis.pcall
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local pack, unpack, concat = struct.pack, struct.unpack, table.concat
local byte, char, format, rep, sub = string.byte, string.char, string.format, string.rep, string.sub

local time = call('TIME')
local now_us = time[1] * 1000000 + time[2]
local answered = pack('<dd', ANSWERED, now_us)
local numbers, position, key_at, text_at = ARGV[1], 1, 0, 1
local size = #numbers

-- What keys hold by now (false: nothing), and the milliseconds for which to keep changed ones (0: not at all). A key is
-- read once a call and written once, at its end.
local values, ttls = {}, {}
-- The accounts of stored answers, by key.
local accounts = {}
-- What the command at hand writes, once all of its limits are decided.
local new_keys, new_values, new_ttls = {}, {}, {}
local replies, last = {}, 0

-- The quota changed its units: spent stays spent, rounded against the caller.
local function rescale(spent, from, to)
  local tokens = floor(spent / from)
  local rest = spent - tokens * from
  local part = rest > 0 and min(to, floor(rest * to / from) + 1) or 0
  return min(tokens * to + part, EXACT_LIMIT - 1)
end

-- Returns what an idempotency record says to a command: a code, ANSWERED to decide it.
local function recall(record, kind, fingerprint)
  if not record then
    return kind == SETTLES and GONE or ANSWERED
  end
  if type(record) ~= 'string' or #record < RECORD_HEAD + REPLY_HEAD then
    return DAMAGED
  end
  local state, until_us, had = byte(record), unpack('<dd', record, 18)
  local at_us = unpack('<d', record, RECORD_HEAD + 9)
  -- NaN is neither less nor more than anything.
  local is_whole = until_us >= 0 and until_us % 1 == 0 and had >= 0 and had % 1 == 0 and at_us >= 0 and at_us % 1 == 0
  local fits = is_whole and max(until_us, at_us) < EXACT_LIMIT and #record >= RECORD_HEAD + REPLY_HEAD + had * 24
  if not fits or (state ~= OPEN and state ~= SETTLED) then
    return DAMAGED
  end
  if kind == ONCE or state == SETTLED then
    return sub(record, 2, 17) == fingerprint and BEFORE or CONFLICT
  end
  return until_us <= now_us and GONE or ANSWERED
end

-- One more caller, or one less, counts on a record.
local function count_caller(key, record, by)
  local counted = unpack('<d', record, COUNTED_UNTIL_AT) + by
  values[key] = sub(record, 1, RECORD_HEAD) .. pack('<d', counted) .. sub(record, RECORD_HEAD + 9)
  ttls[key] = ttls[key] or SAME_TTL
end

-- Returns ANSWERED if no other caller counts on the record of a take, so that the take is undone. Else takes one caller
-- off the record, unless that one was admitted and stays.
local function leave(key, at_us, stays)
  local record = values[key]
  if record == nil then
    record = try('GET', key)
  end
  if type(record) ~= 'string' or #record < RECORD_HEAD + REPLY_HEAD then
    return GONE
  end
  values[key] = record
  if unpack('<d', record, RECORD_HEAD + 9) ~= at_us then
    -- It was settled.
    return KEPT
  end
  if unpack('<d', record, COUNTED_UNTIL_AT) % MIN_PERIOD_US > 0 then
    if not stays then
      count_caller(key, record, -1)
    end
    return KEPT
  end
  return ANSWERED
end

while position < size do
  local what, count, record_kind, horizon_us, length, first = unpack('<ddddd', numbers, position)
  local line_format, line_size = '<ddd', 24
  if horizon_us > 0 then
    line_format, line_size = '<dddd', 32
  end
  local code, record_key, record, fingerprint, kept, keep_ms, open_ms, most, holder, account = ANSWERED
  local undone_key, undone_account
  if permits then
    text_at = text_at + 1
    holder = ARGV[text_at]
  end
  if record_kind > 0 then
    key_at, text_at = key_at + 1, text_at + 2
    record_key, fingerprint, kept = KEYS[key_at], ARGV[text_at - 1], ARGV[text_at]
    keep_ms, open_ms, most, first = unpack('<ddd', numbers, first)
    record = values[record_key]
    if record == nil then
      record = try('GET', record_key)
    end
    code = recall(record, record_kind, fingerprint)
    if record_kind >= UNDOES then
      key_at = key_at + 2
      undone_key, undone_account = KEYS[key_at - 1], KEYS[key_at]
      if code == ANSWERED then
        code, open_ms = leave(undone_key, open_ms, record_kind == STAYS), 0
      elseif code == BEFORE and unpack('<d', record, COUNTED_UNTIL_AT) == KEPT then
        code = KEPT
      end
    elseif most > 0 then
      key_at = key_at + 1
      if code == ANSWERED then
        account = accounts[KEYS[key_at]] or open_account(KEYS[key_at], now_us)
        accounts[KEYS[key_at]] = account
        local bytes = stored_bytes(record_key, RECORD_HEAD + REPLY_HEAD + count * line_size + #kept)
        if not account then
          code = DAMAGED
        elseif record_kind == ONCE and account.total + bytes > most then
          code = FULL
        end
      end
    end
    -- A command without limits is the head of a record in several parts; its callers count on the parts.
    if code == BEFORE and record_kind == ONCE and what <= CHARGE and count > 0 then
      count_caller(record_key, record, 1)
    end
  end

  local head, is_refused, is_changed, missing, written, again = last + 1, false, false, 0, 0, false
  -- The first of two passes only looks: permits are written at once, and what to restore depends on both buckets.
  local is_look = count > 1 and (permits or what == RESTORE)
  repeat
    again, last, written = is_look, head, 0
    local at = first
    for i = 1, code == ANSWERED and count or 0 do
      local kind, shadow, capacity, amount, unit, refill, tick_us, drain
      kind, shadow, capacity, amount, unit, refill, tick_us, drain, at = unpack('<dddddddd', numbers, at)
      local want, back, back_us = 0, 0, 0
      if horizon_us > 0 then
        want, back, back_us, at = unpack('<ddd', numbers, at)
      end
      local key = KEYS[key_at + i]
      local spent, at_us, outcome, leased = 0, 0, ALLOWED, 0
      if kind == PERMITS then
        local is_released
        spent, at_us, outcome, is_released =
          permits(what, key, holder, capacity, amount, unit, refill, now_us, is_look or is_refused)
        if not spent then
          spent, at_us, outcome, code = 0, 0, ALLOWED, DAMAGED
        end
        is_changed = is_changed or is_released
      else
        local value = values[key]
        if value == nil then
          value = try('GET', key)
          values[key] = value
        end
        local unit_then, drain_then
        if value and what ~= RESET then
          -- An error in place of a value, such as of a key of another type, is a table.
          if type(value) == 'string' and #value == BUCKET_SIZE then
            spent, at_us, unit_then, drain_then = unpack('<dddf', value)
          end
          -- NaN is neither less nor more than anything.
          if not (unit_then and spent >= 0 and spent < EXACT_LIMIT and spent % 1 == 0
            and at_us >= 0 and at_us < EXACT_LIMIT and at_us % 1 == 0
            and unit_then >= 0 and unit_then < EXACT_LIMIT and unit_then % 1 == 0) then
            code, spent, at_us, unit_then = DAMAGED, 0, 0, nil
          end
        end

        -- What is spent now, the stamp when something is spent, the stamp that is believed, the units that drain in a
        -- horizon, and whether the bucket is other than it was written.
        local held, next_us, believed_us, floor_units, is_new, is_over
        local mark = unit
        if kind == BUCKET then
          if unit_then and (unit_then ~= unit or drain_then ~= drain) then
            is_new = true
            if unit_then == 0 then
              -- What was spent in a window is spent, until that would have ended by itself.
              spent, at_us = rescale(spent, 1, unit), now_us
            elseif unit_then ~= unit then
              spent = rescale(spent, unit_then, unit)
            end
          end
          -- The stamp is rounded up and the clock down, so a coarse tick never counts time that has not passed.
          held, believed_us, next_us = spent, at_us, now_us - now_us % tick_us
          if believed_us > now_us + MAX_FREEZE_US then
            believed_us = now_us + MAX_FREEZE_US
          end
          local elapsed_us = next_us - believed_us - (-believed_us) % tick_us
          if elapsed_us > 0 then
            held = spent - elapsed_us / tick_us * refill
            if held < 0 then
              held = 0
            end
          end
          if believed_us > next_us then
            next_us = believed_us
          end
          if horizon_us > 0 then
            floor_units = ceil(horizon_us / tick_us) * refill
            -- Unused leased tokens come back less what has drained since they were leased.
            local aged = back * unit - max(0, ceil(now_us / tick_us) - floor(back_us / tick_us)) * refill
            if back > 0 and aged > 0 then
              is_new, spent, held = true, max(0, spent - aged), max(0, held - aged)
            end
          end
        else
          local only_us, e0, e1, e2, e3, e4 = unit, refill, tick_us, drain
          e3, e4, at = unpack('<dd', numbers, at)
          local ends_us, following_us = e1, e2
          if now_us < e0 or now_us >= e3 then
            code = STALE
          elseif now_us >= e2 then
            ends_us, following_us = e3, e4
          elseif now_us >= e1 then
            ends_us, following_us = e2, e3
          end
          next_us = at_us
          if unit_then and unit_then > 0 then
            spent, next_us = ceil(spent / unit_then), ends_us
          end
          if next_us <= now_us then
            spent, next_us = 0, ends_us
          elseif next_us > ends_us and ends_us - now_us <= MAX_FREEZE_US then
            -- The clock stepped back over an edge: it is the later window still.
            next_us = min(next_us, following_us)
          else
            next_us = ends_us
          end
          is_new = unit_then and next_us ~= at_us
          if back > 0 and back_us == next_us then
            is_new, spent = true, max(0, spent - back)
          end
          -- What was spent in a window that is over is not given back to the one that came after it.
          is_over = amount < 0 and only_us ~= 0 and only_us ~= next_us
          held, at_us, believed_us, floor_units, unit, mark, drain = spent, next_us, next_us, 0, 1, 0, 0
        end

        if amount > capacity then
          outcome = NEVER_FITS
        elseif held + amount > capacity then
          outcome = REFUSED
          if believed_us < at_us then
            is_new, at_us = true, believed_us
          end
        end
        local is_written
        if what == TAKE then
          is_written = is_new and (outcome == REFUSED or back > 0)
          if outcome == ALLOWED and not is_refused then
            spent, at_us, is_written = held + amount, next_us, true
            if want > 0 then
              local raised = max(held, floor_units) + amount
              local room = floor((capacity - raised) / unit)
              if room > 0 then
                leased = min(want, room)
                spent = raised + leased * unit
              end
            end
          end
        elseif what == RESET then
          spent, at_us, outcome, is_written = 0, now_us, ALLOWED, true
        elseif what ~= CHECK then
          outcome = ALLOWED
          if what == RESTORE then
            missing = is_look and (i == 1 and amount or max(0, missing - held)) or missing
            amount = missing
          end
          if not is_over then
            spent, at_us, is_written = min(EXACT_LIMIT - 1, max(0, held + amount)), next_us, true
            is_changed = is_changed or amount > 0 or (amount < 0 and held > 0)
          end
        end

        if is_written then
          written = written + 1
          new_keys[written], new_values[written], new_ttls[written] = key, false, 0
          if spent > 0 then
            local gone_us = at_us
            if kind == BUCKET then
              gone_us = at_us + (-at_us) % tick_us + ceil(spent / refill) * tick_us
            end
            local ttl_ms = ceil((gone_us - now_us) / 1000)
            new_values[written] = pack('<dddf', spent, at_us, mark, drain)
            new_ttls[written] = ttl_ms < 1 and 1 or ttl_ms > MAX_TTL_MS and MAX_TTL_MS or ttl_ms
          end
        end
      end

      if outcome ~= ALLOWED and shadow == 0 and what == TAKE and not is_refused then
        -- Limits before this one have been decided as if it were allowed.
        is_refused, again = true, again or i > 1
      end
      last = last + 1
      replies[last] = pack(line_format, outcome, spent, at_us, leased)
    end
    is_look = false
  until not again or code ~= ANSWERED

  if code == ANSWERED then
    replies[head] = answered
    for i = 1, written do
      local key = new_keys[i]
      values[key], ttls[key] = new_values[i], new_ttls[i]
    end
    if undone_key then
      local counts = accounts[undone_account] or open_account(undone_account, now_us)
      accounts[undone_account] = counts
      if counts then
        discount(counts, undone_key, values[undone_key], now_us)
      end
      values[undone_key], ttls[undone_key] = false, 0
    end
    -- What changed nothing need not be known again: a refusal, and a refund of what had not been spent.
    local is_kept = not is_refused and (what ~= CHARGE or is_changed or record_kind >= SETTLES)
    if record_key and is_kept then
      local state = record_kind == ONCE and open_ms > 0 and OPEN or SETTLED
      local until_us = account and counted_until(now_us, keep_ms) or 0
      replies[head] = pack('<dd', until_us, now_us)
      local reply = concat(replies, '', head, last)
      replies[head] = answered
      local value = char(state) .. fingerprint .. pack('<dd', now_us + open_ms * 1000, count) .. reply .. kept
      if account then
        if record then
          discount(account, record_key, record, now_us)
        end
        count_bytes(account, until_us, stored_bytes(record_key, #value))
      end
      values[record_key], ttls[record_key] = value, keep_ms
    end
  else
    local at_us, lines = now_us, ''
    if code == KEPT and not record then
      values[record_key] = char(SETTLED) .. fingerprint .. pack('<dddd', now_us, 0, KEPT, now_us)
      ttls[record_key] = keep_ms
    end
    if code == BEFORE then
      -- If the record has another number of limits, its reply is cut or padded to the number asked for.
      at_us = unpack('<d', record, RECORD_HEAD + 9)
      local had = min(unpack('<d', record, 26), count)
      lines = sub(record, RECORD_HEAD + REPLY_HEAD + 1, RECORD_HEAD + REPLY_HEAD + had * line_size)
    end
    last = head
    replies[head] = pack('<dd', code, at_us) .. lines .. rep('\0', count * line_size - #lines)
  end
  key_at, position = key_at + count, position + length
end

for key, account in pairs(accounts) do
  if account.is_changed then
    values[key], ttls[key] = close_account(account, now_us)
  end
end

-- Most of a batch live equally long, and to spell a number costs as much as to look a key up.
local spelled = {}
for key, ttl_ms in pairs(ttls) do
  if ttl_ms == 0 then
    call('DEL', key)
  elseif ttl_ms == SAME_TTL then
    call('SET', key, values[key], 'KEEPTTL')
  else
    local ttl = spelled[ttl_ms]
    if not ttl then
      ttl = format('%.0f', ttl_ms)
      spelled[ttl_ms] = ttl
    end
    call('SET', key, values[key], 'PX', ttl)
  end
end
return concat(replies, '', 1, last)
