-- Tests whether scripts are atomic: another connection must not be able to write a key while this script waits.
--
-- KEYS[1]  a key
-- ARGV[1]  maximum wait in us
-- reply    'torn' if another connection has written the key, else 'whole'

local KEEP_MS = '10000'

local function now_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

redis.call('SET', KEYS[1], 'script', 'PX', KEEP_MS)
local until_us = now_us() + ARGV[1]
local value
repeat
  value = redis.call('GET', KEYS[1])
until value ~= 'script' or now_us() >= until_us
redis.call('DEL', KEYS[1])
return value == 'script' and 'whole' or 'torn'
