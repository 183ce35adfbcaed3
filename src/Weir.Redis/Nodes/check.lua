-- Finds rights that Weir's scripts need and that the user of the connection lacks. Leaves no key behind.
--
-- KEYS   a key under the prefix; none at a node of a cluster, which may not have the slot of the key
-- ARGV   a channel under the prefix; at a node of a cluster, then the key
-- reply  the refused commands, 'the keys' or 'the channel', separated by commas

local channel, key = ARGV[1], KEYS[1] or ARGV[2]
local KEEP_MS = '1000'

-- Texts of refusals by Redis 7.0 and by later versions.
local REFUSALS = { "can't run this command", "can't access", "can't publish", 'NOPERM', 'ACL failure' }

local refused, known = {}, {}

local function add(what)
  if not known[what] then
    known[what] = true
    refused[#refused + 1] = what
  end
end

local function try(command, ...)
  local reply = redis.pcall(command, ...)
  local text = type(reply) == 'table' and reply.err or ''
  for _, refusal in ipairs(REFUSALS) do
    if string.find(text, refusal, 1, true) then
      -- Searches with a space, because the name of a command may contain either word.
      return add(string.find(text, ' key', 1, true) and 'the keys'
        or string.find(text, ' channel', 1, true) and 'the channel' or string.lower(command))
    end
  end
end

try('TIME')
try('SET', key, '1', 'PX', KEEP_MS)
for _, command in ipairs({ 'GET', 'EXISTS' }) do
  try(command, key)
end
try('PEXPIRE', key, KEEP_MS)
try('DEL', key)

try('HSET', key, 'a', '1')
for _, command in ipairs({ 'HGETALL', 'HKEYS', 'HLEN' }) do
  try(command, key)
end
for _, command in ipairs({ 'HGET', 'HMGET', 'HSTRLEN', 'HDEL' }) do
  try(command, key, 'a')
end

try('LPUSH', key, '1')
try('LTRIM', key, '1', '0')

try('ZADD', key, '1', 'a')
try('ZCARD', key)
try('ZRANGE', key, '0', '0')
try('ZREM', key, 'a')
try('ZREMRANGEBYSCORE', key, '0', '1')

try('UNLINK', key)
try('PUBLISH', channel, '')
return table.concat(refused, ', ')
