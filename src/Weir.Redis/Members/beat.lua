-- Who shares the buckets: one hash of all instances, by their names.
--
-- KEYS[1]  the hash
-- ARGV[1]  doubles, little-endian: the name of the instance that calls, its phase, the life of this Redis should it have none yet, and the microseconds after
--          which one that was not heard of is gone
--          phase 0 leaves, 1 follows Redis, 2 sees it again after an outage, 3 as 2, and has told Redis all that it knows
-- fields   a name: two doubles, when it was heard of and its phase. life: a number that a Redis which loses its memory loses, too. returned: when the first instance
--          saw Redis again after an outage
-- reply    doubles, little-endian: the time of Redis in us, its life, returned (0: nobody has), then of each instance: name, when it was heard of, phase

local LEAVES, FOLLOWS = 0, 1
-- All come back from an outage within this time, or are taken for gone by then.
local RETURN_US = 3000000
local KEEP_MS, KEEP_US = '3600000', 3600000000
local LAST_PHASE, VALUE_SIZE = 3, 16
local EXACT_LIMIT = 9007199254740992

local pack, unpack, format = struct.pack, struct.unpack, string.format

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local name, phase, life, gone_us = unpack('<dddd', ARGV[1])
local own = format('%.0f', name)

-- The number that is meant, if it is whole and a double holds it; else nil.
local function whole(number)
  number = tonumber(number)
  return number and number >= 0 and number < EXACT_LIMIT and number % 1 == 0 and number or nil
end

-- What an instance has written of itself; nothing for what none has written.
local function member_of(field, value)
  local its_name = whole(field)
  if not its_name or #value ~= VALUE_SIZE then
    return nil
  end
  local heard_us, its_phase = unpack('<dd', value)
  heard_us, its_phase = whole(heard_us), whole(its_phase)
  if heard_us and heard_us <= now_us + KEEP_US and its_phase and its_phase <= LAST_PHASE then
    return its_name, heard_us, its_phase
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
    local its_name, heard_us, its_phase = member_of(field, value)
    if not its_name or heard_us + gone_us < now_us then
      redis.call('HDEL', KEYS[1], field)
    else
      members[#members + 1] = pack('<ddd', its_name, heard_us, its_phase)
    end
  end
end

if phase == LEAVES then
  redis.call('HDEL', KEYS[1], own)
else
  if returned_us + RETURN_US < now_us then
    returned_us = phase == FOLLOWS and 0 or now_us
  end
  redis.call('HSET', KEYS[1], own, pack('<dd', now_us, phase), 'life', format('%.0f', life), 'returned', format('%.0f', returned_us))
  members[#members + 1] = pack('<ddd', name, now_us, phase)
end
redis.call('PEXPIRE', KEYS[1], KEEP_MS)
return pack('<ddd', now_us, life, returned_us) .. table.concat(members)
