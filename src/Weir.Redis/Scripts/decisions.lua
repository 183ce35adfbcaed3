-- The rest of the script, after head.lua: decides each command, then writes the changed keys.

local answered = pack('<dd', ANSWERED, now_us)
local numbers, position, key_at, text_at = ARGV[1], 1, 0, 1
local size = #numbers

-- Changes by the current command, which apply once all of its limits are decided.
local new_keys, new_values, new_ttls = {}, {}, {}
local replies, last = {}, 0

while position < size do
  local what, count, record_kind, horizon_us, length, first = unpack('<ddddd', numbers, position)
  local line_format, line_size = '<ddd', 24
  if horizon_us > 0 then
    line_format, line_size = '<dddd', 32
  end
  local code, holder, answer = ANSWERED, ''
  if permits then
    text_at = text_at + 1
    holder = ARGV[text_at]
  end
  if record_kind > 0 then
    local keep_ms, open_ms, most
    keep_ms, open_ms, most, first = unpack('<ddd', numbers, first)
    answer = {
      kind = record_kind, what = what, limits = count, line_size = line_size, keep_ms = keep_ms, open_ms = open_ms,
      most = most, key = KEYS[key_at + 1], fingerprint = ARGV[text_at + 1], text = ARGV[text_at + 2],
    }
    key_at, text_at = key_at + 1, text_at + 2
    if record_kind >= UNDOES then
      answer.undone_key, answer.account_key = KEYS[key_at + 1], KEYS[key_at + 2]
      key_at = key_at + 2
    elseif most > 0 then
      answer.account_key = KEYS[key_at + 1]
      key_at = key_at + 1
    end
    code = answers.begin(answer)
  end

  local head, is_refused, is_changed, missing, written, again = last + 1, false, false, 0, 0, false
  -- Some commands need two passes, of which the first writes nothing: permits are written at once, and a restoration
  -- depends on both buckets.
  local is_look = count > 1 and (holder ~= '' or what == RESTORE)
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
          -- An error in place of a value, such as for a key of another type, is a table.
          if type(value) == 'string' and #value == BUCKET_SIZE then
            spent, at_us, unit_then, drain_then = unpack('<dddf', value)
          end
          -- NaN fails these comparisons.
          if not (unit_then and spent >= 0 and spent < EXACT_LIMIT and spent % 1 == 0
            and at_us >= 0 and at_us < EXACT_LIMIT and at_us % 1 == 0
            and unit_then >= 0 and unit_then < EXACT_LIMIT and unit_then % 1 == 0) then
            code, spent, at_us, unit_then = DAMAGED, 0, 0, nil
          end
        end

        -- Spent units now, stamp after spending, bounded stamp, units that drain in a horizon, whether the bucket
        -- differs from its stored value, and whether a refund is for an ended window.
        local held, next_us, believed_us, floor_units, is_new, is_over
        local mark = unit
        if kind == BUCKET then
          if unit_then and (unit_then ~= unit or drain_then ~= drain) then
            is_new = true
            if unit_then ~= unit then
              -- Keeps the spent amount, rounded up. The spent amount of a former window is in tokens.
              local from = max(1, unit_then)
              local tokens = floor(spent / from)
              local rest = spent - tokens * from
              local part = rest > 0 and min(unit, floor(rest * unit / from) + 1) or 0
              spent = min(tokens * unit + part, EXACT_LIMIT - 1)
            end
            if unit_then == 0 then
              -- Drains the spending of a former window from now on, because its stamp was the end of the window.
              at_us = now_us
            end
          end
          -- Rounds the stamp up and the clock down, so that a coarse tick never counts time that has not passed.
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
            -- Refunds unused leased tokens, less the units that have drained since the lease.
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
            -- The clock has stepped back over an edge, by a second at most: the later window stays current.
            next_us = min(next_us, following_us)
          else
            next_us = ends_us
          end
          is_new = unit_then and next_us ~= at_us
          if back > 0 and back_us == next_us then
            is_new, spent = true, max(0, spent - back)
          end
          -- Spending of an ended window is not refunded to a later window.
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

        if is_written and (spent > 0 or value) then
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
        -- Decides again, because the limits before this one were decided as if the command were allowed.
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
    if answer then
      answers.keep(answer, is_refused, is_changed, concat(replies, '', head + 1, last))
    end
  else
    local at_us, lines = now_us, ''
    if answer then
      at_us, lines = answers.recite(answer, code)
    end
    last = head
    replies[head] = pack('<dd', code, at_us) .. lines .. string.rep('\0', count * line_size - #lines)
  end
  key_at, position = key_at + count, position + length
end

if answers then
  answers.close()
end

-- Spells each lifetime once: most keys of a batch have the same one, and spelling costs as much as reading a key.
local spelled = {}
for key, ttl_ms in pairs(ttls) do
  if ttl_ms == 0 then
    call('DEL', key)
  elseif ttl_ms == SAME_TTL then
    call('SET', key, values[key], 'XX', 'KEEPTTL')
  else
    local ttl = spelled[ttl_ms]
    if not ttl then
      ttl = string.format('%.0f', ttl_ms)
      spelled[ttl_ms] = ttl
    end
    call('SET', key, values[key], 'PX', ttl)
  end
end
return concat(replies, '', 1, last)
