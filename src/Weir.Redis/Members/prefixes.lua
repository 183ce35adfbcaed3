-- The prefixes by which instances use this database: one hash at a key that is the same for all prefixes.
--
-- KEYS[1]  the hash: a prefix, and when an instance that has it was heard of, in us
-- ARGV[1]  the prefix of the instance that calls
-- ARGV[2]  the microseconds after which a prefix that was not heard of is gone
-- reply    the other prefixes, a line each; twenty at most

local MOST = 20
local KEEP_MS = '3600000'

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local others = {}
local fields = redis.pcall('HGETALL', KEYS[1])
if fields.err then
  -- It is no hash.
  redis.call('DEL', KEYS[1])
  fields = {}
end
for i = 1, #fields, 2 do
  local heard_us = tonumber(fields[i + 1])
  if fields[i] == ARGV[1] then
    -- It is written below.
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
