-- Who shares the buckets: one hash of all instances, by their names; and the settings that they have to agree on.
--
-- KEYS[1]  the hash
-- KEYS[2]  the rule: a double, when an instance with these settings was heard of last, and the settings as text
-- ARGV[1]  doubles, little-endian: the name of the instance that calls, its phase, the time of the last reply that it
--          read (0: none), the life of this Redis should it have none yet, and the microseconds after which one that
--          was not heard of is gone
--          phase 0 leaves, 1 follows Redis, 2 sees it again after an outage, 3 as 2, and has told Redis all it knows
-- ARGV[2]  the settings of the instance that calls
-- ARGV[3]  the rule as the instance knows it, for a Redis that has lost it; empty if it knows none
-- fields   a name: three doubles, when it was heard of, its phase, and the time of the last reply that it had read by
--          then. life: a number that a Redis which loses its memory loses, too. returned: when the first instance saw
--          Redis again after an outage
-- reply    doubles, little-endian: the time of Redis in us, its life, returned (0: none has), the number of
--          instances, of each its name and its three doubles; then the rule as text
--
-- The settings of the instance that came first are the rule, and stay it while an instance that has them is heard of. A
-- later version of this script may append to the three doubles of an instance, and add lines to its settings: then it
-- differs from the rule, and this version can read both.

local LEAVES, FOLLOWS = 0, 1
-- All come back from an outage within this time, or are taken for gone by then.
local RETURN_US = 3000000
local KEEP_MS = '3600000'
local LAST_PHASE, VALUE_SIZE = 3, 24
local EXACT_LIMIT = 9007199254740992

local pack, unpack, format = struct.pack, struct.unpack, string.format

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local name, phase, read_us, life, gone_us = unpack('<ddddd', ARGV[1])
local own = format('%.0f', name)

-- The number that is meant, if it is whole and a double holds it; else nil.
local function whole(number)
  number = tonumber(number)
  return number and number >= 0 and number < EXACT_LIMIT and number % 1 == 0 and number or nil
end

-- What an instance has written of itself; nothing for what none has written.
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
  -- It is no hash.
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
    -- The clock may have stepped back since: a member that is there writes itself again.
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
