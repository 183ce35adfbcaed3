-- Stored answers: idempotency records and reservations, and for each hash tag an account of the bytes that they take.
-- The header of head.lua describes a record.
--
-- account  a string: a version byte (1), then pairs of little-endian doubles: a time in us, and the bytes that are
--          counted until that time
-- A record stores the time until which the account counts its bytes, a multiple of MIN_PERIOD_US, so that the bytes are
-- subtracted when the record is replaced. The number of later callers is added to that time. The account drops bytes
-- after their time, so a wrong count lasts no longer than its record.
--
-- Defines most constants inside functions, and calls library functions by their global names: each variable that a
-- function captures costs each batch, used or not.
local KEPT = 7
local COUNTED_UNTIL_AT, TAKEN_AT, LINES_AT = 34, 42, 50
local MIN_PERIOD_US = 1048576

-- The accounts that this batch has read, by key.
local accounts = {}

local function read(key)
  if values[key] == nil then
    values[key] = redis.pcall('GET', key)
  end
  return values[key]
end

-- Returns the account in a value; nil if the value is damaged, or of another kind or version.
local function parse_account(value)
  local VERSION = '\1'
  local account = { total = 0, bytes = {} }
  if not value then
    return account
  end
  if type(value) ~= 'string' or string.sub(value, 1, 1) ~= VERSION or #value % 16 ~= 1 then
    return nil
  end
  for at = 2, #value, 16 do
    local until_us, bytes = struct.unpack('<dd', value, at)
    -- NaN fails these comparisons.
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

local function open_account(key)
  accounts[key] = accounts[key] or parse_account(read(key))
  return accounts[key]
end

-- Returns the bytes that a record takes in Redis: key and value, a quarter more for the allocator, and table entries.
local function stored_bytes(key, value_size)
  return math.ceil((#key + value_size) * 1.25) + 160
end

-- Returns the time until which a new record is counted: its end, rounded up by at most an eighth of its lifetime or a
-- second, so that an account has few entries.
local function counted_until(keep_ms)
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

-- Subtracts the bytes of a record that is about to be replaced or deleted, if they are still counted.
local function discount(account, key, record)
  local counted = struct.unpack('<d', record, COUNTED_UNTIL_AT)
  local until_us = counted - counted % MIN_PERIOD_US
  if until_us > now_us then
    count_bytes(account, until_us, -stored_bytes(key, #record))
  end
end

-- Returns the value of an account and its lifetime in ms; false and 0 if nothing is counted.
local function spell_account(account)
  local VERSION = '\1'
  local times = {}
  for until_us in pairs(account.bytes) do
    times[#times + 1] = until_us
  end
  if #times == 0 then
    return false, 0
  end
  table.sort(times)
  local parts = { VERSION }
  for i, until_us in ipairs(times) do
    parts[i + 1] = struct.pack('<dd', until_us, account.bytes[until_us])
  end
  return table.concat(parts), math.ceil((times[#times] - now_us) / 1000)
end

-- Adds or removes a caller that relies on a record. Counts at most a million callers.
local function count_caller(key, record, by)
  local counted = struct.unpack('<d', record, COUNTED_UNTIL_AT) + by
  if by > 0 and counted % MIN_PERIOD_US == 0 then
    return
  end
  local before, after = string.sub(record, 1, COUNTED_UNTIL_AT - 1), string.sub(record, TAKEN_AT)
  values[key] = before .. struct.pack('<d', counted) .. after
  local SAME_TTL = -1
  ttls[key] = ttls[key] or SAME_TTL
end

-- Compares a command with its record. Returns a code; ANSWERED if the command must be decided.
local function recall(answer, record)
  local ANSWERED, BEFORE, CONFLICT, GONE, DAMAGED = 0, 1, 3, 4, 5
  local OPEN, SETTLED, ONCE, SETTLES = 1, 2, 1, 2
  local UNTIL_AT, LINE_SIZE, EXACT_LIMIT = 18, 24, 9007199254740992
  if not record then
    return answer.kind == SETTLES and GONE or ANSWERED
  end
  if type(record) ~= 'string' or #record < LINES_AT - 1 then
    return DAMAGED
  end
  local state, until_us, had = string.byte(record), struct.unpack('<dd', record, UNTIL_AT)
  local at_us = struct.unpack('<d', record, TAKEN_AT)
  -- NaN fails these comparisons.
  local is_whole = until_us >= 0 and until_us % 1 == 0 and had >= 0 and had % 1 == 0 and at_us >= 0 and at_us % 1 == 0
  local fits = is_whole and math.max(until_us, at_us) < EXACT_LIMIT and #record >= LINES_AT - 1 + had * LINE_SIZE
  if not fits or (state ~= OPEN and state ~= SETTLED) then
    return DAMAGED
  end
  if answer.kind == ONCE or state == SETTLED then
    return string.sub(record, 2, 17) == answer.fingerprint and BEFORE or CONFLICT
  end
  return until_us <= now_us and GONE or ANSWERED
end

-- Returns ANSWERED if a take can be undone; GONE without its record; KEPT if it was settled or another caller relies on
-- the record. In the last case, removes one caller from the record, unless memory admitted that caller (stays).
local function leave(key, taken_us, stays)
  local ANSWERED, GONE = 0, 4
  local record = read(key)
  if type(record) ~= 'string' or #record < LINES_AT - 1 then
    return GONE
  end
  if struct.unpack('<d', record, TAKEN_AT) ~= taken_us then
    -- The record has been settled.
    return KEPT
  end
  if struct.unpack('<d', record, COUNTED_UNTIL_AT) % MIN_PERIOD_US > 0 then
    if not stays then
      count_caller(key, record, -1)
    end
    return KEPT
  end
  return ANSWERED
end

-- Returns ANSWERED if the hash tag has room for a record, or if the command settles; else FULL, or DAMAGED.
local function make_room(answer)
  local ANSWERED, DAMAGED, FULL, ONCE = 0, 5, 6, 1
  local account = open_account(answer.account_key)
  if not account then
    return DAMAGED
  end
  answer.account = account
  local bytes = stored_bytes(answer.key, LINES_AT - 1 + answer.limits * answer.line_size + #answer.text)
  return answer.kind == ONCE and account.total + bytes > answer.most and FULL or ANSWERED
end

answers = {}

-- Begins a command with a record. Returns a code; ANSWERED if the command must be decided.
function answers.begin(answer)
  local ANSWERED, BEFORE, CHARGE, ONCE, UNDOES, STAYS = 0, 1, 2, 1, 3, 4
  local record = read(answer.key)
  local code = recall(answer, record)
  answer.record = record
  if answer.kind >= UNDOES then
    if code == ANSWERED then
      return leave(answer.undone_key, answer.open_ms, answer.kind == STAYS)
    end
    return code == BEFORE and struct.unpack('<d', record, COUNTED_UNTIL_AT) == KEPT and KEPT or code
  end
  if code == ANSWERED and answer.most > 0 then
    return make_room(answer)
  end
  -- Counts no callers of a command without limits: it is the head of a split record, whose parts count the callers.
  if code == BEFORE and answer.kind == ONCE and answer.what <= CHARGE and answer.limits > 0 then
    count_caller(answer.key, record, 1)
  end
  return code
end

-- Stores the answer to a command that was decided, and deletes the record of an undone take.
function answers.keep(answer, is_refused, is_changed, lines)
  local CHARGE, OPEN, SETTLED, ONCE, SETTLES = 2, 1, 2, 1, 2
  local undone_key = answer.undone_key
  if undone_key then
    local account = open_account(answer.account_key)
    if account then
      discount(account, undone_key, values[undone_key])
    end
    values[undone_key], ttls[undone_key] = false, 0
  end
  -- Stores no refusal, and no charge that changed nothing, such as a refund of an unspent bucket.
  if is_refused or answer.what == CHARGE and not is_changed and answer.kind < SETTLES then
    return
  end
  local key, account = answer.key, answer.account
  local open_ms = undone_key and 0 or answer.open_ms
  local state = answer.kind == ONCE and open_ms > 0 and OPEN or SETTLED
  local until_us = account and counted_until(answer.keep_ms) or 0
  local value = string.char(state) .. answer.fingerprint
    .. struct.pack('<dddd', now_us + open_ms * 1000, answer.limits, until_us, now_us) .. lines .. answer.text
  if account then
    if answer.record then
      discount(account, key, answer.record)
    end
    count_bytes(account, until_us, stored_bytes(key, #value))
  end
  values[key], ttls[key] = value, answer.keep_ms
end

-- Returns the time and lines of a command that was not decided, as far as recorded. Records an undo not done (KEPT).
function answers.recite(answer, code)
  local BEFORE, SETTLED, LIMITS_AT = 1, 2, 26
  local record = answer.record
  if code == BEFORE then
    -- Cuts the reply if the record has more limits than the command. The caller pads a shorter reply.
    local had = math.min(struct.unpack('<d', record, LIMITS_AT), answer.limits)
    return struct.unpack('<d', record, TAKEN_AT), string.sub(record, LINES_AT, LINES_AT - 1 + had * answer.line_size)
  end
  if code == KEPT and not record then
    values[answer.key] = string.char(SETTLED) .. answer.fingerprint .. struct.pack('<dddd', now_us, 0, KEPT, now_us)
    ttls[answer.key] = answer.keep_ms
  end
  return now_us, ''
end

-- Writes the accounts that have changed.
function answers.close()
  for key, account in pairs(accounts) do
    if account.is_changed then
      values[key], ttls[key] = spell_account(account)
    end
  end
end
