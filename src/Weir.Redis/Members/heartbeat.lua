-- The membership: a hash of the instances that share the buckets, and the settings on which they must agree.
--
-- KEYS[1]  the hash
-- KEYS[2]  the rule: a double, the time of the last heartbeat with these settings, and the settings as text
-- ARGV[1]  doubles, little-endian: name of the calling instance, its phase, the time in the last reply that it read (0:
--          none), a life for a Redis that has none yet, and the us without a heartbeat after which an instance is gone
--          phase 0 leaves, 1 follows Redis, 2 sees Redis again after an outage, 3 also has restored its spending
-- ARGV[2]  settings of the calling instance
-- ARGV[3]  the rule as the calling instance knows it, for a Redis that has lost the rule; empty if unknown
-- fields   for each name, three doubles: time of the last heartbeat, phase, and time in the last reply read before it
--          life: a number that Redis loses together with its memory
--          returned: the time when the first instance saw Redis again after an outage
-- reply    doubles, little-endian: time of Redis in us, life, returned (0: none has), number of instances, and for each
--          instance its name and its three doubles; then the rule as text
--
-- The settings of the first instance are the rule while any instance with these settings sends heartbeats. A later
-- version of this script may append to the three doubles of an instance, and add lines to its settings: such an
-- instance then differs from the rule, and this version can read both formats.

local LEAVES, FOLLOWS = 0, 1
-- Time within which all instances return from an outage, or are gone.
local RETURN_US = 3000000
local KEEP_MS = '3600000'
local LAST_PHASE, VALUE_SIZE = 3, 24
local EXACT_LIMIT = 9007199254740992

local pack, unpack, format = struct.pack, struct.unpack, string.format

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local name, phase, read_us, life, gone_us = unpack('<ddddd', ARGV[1])
local own = format('%.0f', name)

-- Returns a whole number that a double holds exactly; nil for any other value.
local function whole(number)
  number = tonumber(number)
  return number and number >= 0 and number < EXACT_LIMIT and number % 1 == 0 and number or nil
end

-- Reads the entry of an instance: name, heartbeat, phase and time read; nothing if the entry is invalid.
local function member_of(field, value)
  local its_name = whole(field)
  if not its_name or #value < VALUE_SIZE then
    return nil
  end
  local heard_us, its_phase, its_read_us = unpack('<ddd', value)
  heard_us, its_phase, its_read_us = whole(heard_us), whole(its_phase), whole(its_read_us)
  if heard_us and its_read_us and its_phase and its_phase <= LAST_PHASE then
    return its_name, heard_us, its_phase, its_read_us
  end
end

local returned_us, members = 0, {}
local fields = redis.pcall('HGETALL', KEYS[1])
if fields.err then
  -- The key has another type.
  redis.call('DEL', KEYS[1])
  fields = {}
end
for i = 1, #fields, 2 do
  local field, value = fields[i], fields[i + 1]
  if field == 'life' then
    life = whole(value) or life
  elseif field == 'returned' then
    returned_us = whole(value) or 0
  elseif field ~= own then
    local its_name, heard_us, its_phase, its_read_us = member_of(field, value)
    -- Also removes a member with a time in the future, after the clock stepped back: a live member writes itself again.
    if not its_name or math.abs(now_us - heard_us) > gone_us then
      redis.call('HDEL', KEYS[1], field)
    else
      members[#members + 1] = pack('<dddd', its_name, heard_us, its_phase, its_read_us)
    end
  end
end

if phase == LEAVES then
  redis.call('HDEL', KEYS[1], own)
else
  if returned_us + RETURN_US < now_us then
    returned_us = phase == FOLLOWS and 0 or now_us
  end
  local value = pack('<ddd', now_us, phase, read_us)
  redis.call('HSET', KEYS[1], own, value, 'life', format('%.0f', life), 'returned', format('%.0f', returned_us))
  members[#members + 1] = pack('<d', name) .. value
end
redis.call('PEXPIRE', KEYS[1], KEEP_MS)

local own_rule, known_rule, kept = ARGV[2], ARGV[3], redis.pcall('GET', KEYS[2])
local is_lost = type(kept) ~= 'string' or #kept <= 8
local rule = own_rule
if is_lost then
  rule = known_rule ~= '' and known_rule or own_rule
elseif math.abs(now_us - unpack('<d', kept)) <= gone_us then
  rule = string.sub(kept, 9)
end
if phase ~= LEAVES and (is_lost or rule == own_rule) then
  redis.call('SET', KEYS[2], pack('<d', now_us) .. rule, 'PX', KEEP_MS)
end
return pack('<dddd', now_us, life, returned_us, #members) .. table.concat(members) .. rule
