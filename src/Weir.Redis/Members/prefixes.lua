-- The prefixes that instances use in this database: one hash, whose key is the same for all prefixes.
--
-- KEYS[1]  the hash: for each prefix, the time in us of the last call by an instance with the prefix
-- ARGV[1]  prefix of the calling instance
-- ARGV[2]  us without a call after which a prefix is removed
-- reply    the other prefixes, one per line; twenty at most

local MOST = 20
local KEEP_MS = '3600000'

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local others = {}
local fields = redis.pcall('HGETALL', KEYS[1])
if fields.err then
  -- The key has another type.
  redis.call('DEL', KEYS[1])
  fields = {}
end
for i = 1, #fields, 2 do
  local heard_us = tonumber(fields[i + 1])
  if fields[i] == ARGV[1] then
    -- The own prefix is written below.
  elseif not heard_us or not (math.abs(now_us - heard_us) <= tonumber(ARGV[2])) then
    redis.call('HDEL', KEYS[1], fields[i])
  elseif #others < MOST then
    others[#others + 1] = fields[i]
  end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now_us))
redis.call('PEXPIRE', KEYS[1], KEEP_MS)
table.sort(others)
return table.concat(others, '\n')
