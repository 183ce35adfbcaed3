-- Counts the bytes of stored answers: the idempotency records and reservations that one hash tag holds. The scripts
-- that write or delete a record begin with this text.
--
-- account  a string: a byte (1, its version), then pairs of doubles, little-endian: a time in us, and the bytes that
--          are counted until then
-- A record holds the time until which it is counted, a multiple of MIN_PERIOD_US, so that its bytes are taken off again
-- when it is replaced. The number of its later callers is added to that time. Bytes whose time is over are dropped, so a
-- wrong count lasts no longer than the record that it came from.
local ACCOUNT_VERSION = '\1'
local COUNTED_UNTIL_AT = 34
local MIN_PERIOD_US = 1048576

-- The account of a key; nil if it holds something else, or an account of another version.
local function open_account(key, now_us)
  local value = redis.pcall('GET', key)
  local account = { total = 0, bytes = {} }
  if not value then
    return account
  end
  if type(value) ~= 'string' or string.sub(value, 1, 1) ~= ACCOUNT_VERSION or #value % 16 ~= 1 then
    return nil
  end
  for at = 2, #value, 16 do
    local until_us, bytes = struct.unpack('<dd', value, at)
    -- NaN is neither less nor more than anything.
    if not (until_us >= 0 and bytes >= 0) then
      return nil
    end
    if until_us > now_us then
      account.bytes[until_us] = bytes
      account.total = account.total + bytes
    end
  end
  return account
end

-- The bytes of an answer in Redis: key and value, of which an allocation wastes a fifth at most, and their entries.
local function stored_bytes(key, value_size)
  return math.ceil((#key + value_size) * 1.25) + 160
end

-- Until when an answer is counted that lives from now on: an eighth of its life longer at most, so that times are few.
local function counted_until(now_us, keep_ms)
  local period_us = MIN_PERIOD_US
  while period_us * 16 <= keep_ms * 1000 do
    period_us = period_us * 2
  end
  return math.ceil((now_us + keep_ms * 1000) / period_us) * period_us
end

local function count_bytes(account, until_us, bytes)
  local before = account.bytes[until_us] or 0
  local after = math.max(0, before + bytes)
  account.bytes[until_us] = after > 0 and after or nil
  account.total = account.total + after - before
  account.is_changed = true
end

-- Takes off the bytes of a record that is about to be replaced or deleted, if they are counted.
local function discount(account, key, record, now_us)
  local counted = struct.unpack('<d', record, COUNTED_UNTIL_AT)
  local until_us = counted - counted % MIN_PERIOD_US
  if until_us > now_us then
    count_bytes(account, until_us, -stored_bytes(key, #record))
  end
end

-- The value of an account, and the milliseconds for which it is kept; false and 0 if nothing is counted.
local function close_account(account, now_us)
  local times = {}
  for until_us in pairs(account.bytes) do
    times[#times + 1] = until_us
  end
  if #times == 0 then
    return false, 0
  end
  table.sort(times)
  local pairs_of = { ACCOUNT_VERSION }
  for i, until_us in ipairs(times) do
    pairs_of[i + 1] = struct.pack('<dd', until_us, account.bytes[until_us])
  end
  return table.concat(pairs_of), math.ceil((times[#times] - now_us) / 1000)
end
