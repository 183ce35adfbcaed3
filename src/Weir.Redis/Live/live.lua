-- Live data: one count of versions, the entries as they are now, and what was changed. The only writer of them.
--
-- KEYS     1 version   2 entries: a hash of kind/id to a version, a space, + and the text, or - when it was deleted   3 changes: a list, newest first
--          4 texts: a hash of versions to kind/id, a line feed and the text   5 texts' versions: a list, newest first
-- write    ARGV 'write', kind/id, '+' and the text or '-', the version expected ('' for any), who, when (Unix ms), changes kept, texts kept, channel,
--          the version that the writer knows, 'exact' if nothing may have changed since, bytes of texts kept, 'remember' if the text is to be kept
--          reply { 1 written, 0 not what was expected, -1 behind what the writer knows, -2 ahead of it, or -3 nothing there to delete; version }
-- restore  ARGV 'restore', version, then kind/id and value of each entry, as they stand in the hash: only if less is known here
--          reply { 1 restored or 0 not, version }

local function version()
  return tonumber(redis.call('GET', KEYS[1]) or '0')
end

if ARGV[1] == 'restore' then
  if version() >= tonumber(ARGV[2]) then
    return { 0, version() }
  end
  redis.call('DEL', KEYS[2])
  for i = 3, #ARGV, 2 do
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  end
  redis.call('SET', KEYS[1], ARGV[2])
  return { 1, tonumber(ARGV[2]) }
end

local name, value, expected, who, when, changes, texts, channel = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
if version() < tonumber(ARGV[10]) then
  return { -1, version() }
end
if ARGV[11] == 'exact' and version() > tonumber(ARGV[10]) then
  return { -2, version() }
end

local old = redis.call('HGET', KEYS[2], name)
local before = 0
if old then
  local number, mark = string.match(old, '^(%d+) ([+-])')
  if mark == '+' then
    before = tonumber(number)
  end
end
if expected ~= '' and tonumber(expected) ~= before then
  return { 0, before }
end
if value == '-' and before == 0 then
  return { -3, 0 }
end

local new = version() + 1
redis.call('SET', KEYS[1], new)
redis.call('HSET', KEYS[2], name, new .. ' ' .. value)
redis.call('LPUSH', KEYS[3], cjson.encode({ v = new, n = name, b = before, d = value == '-', w = who, t = tonumber(when) }))
while redis.call('LLEN', KEYS[3]) > tonumber(changes) do
  -- Whoever knows less than the changes that are kept reads everything, so nobody needs to be told any more that this was deleted.
  local change = cjson.decode(redis.call('RPOP', KEYS[3]))
  -- Decoded numbers are floats; Garnet's Lua would write 7 as 7.0.
  if change.d and redis.call('HGET', KEYS[2], change.n) == string.format('%.0f -', change.v) then
    redis.call('HDEL', KEYS[2], change.n)
  end
end
if ARGV[13] == 'remember' then
  redis.call('HSET', KEYS[4], new, name .. '\n' .. value)
  redis.call('LPUSH', KEYS[5], new)
  -- The newest first, as far as there is room for them; there is for the newest one.
  local kept, total = 0, 0
  for i, text in ipairs(redis.call('LRANGE', KEYS[5], 0, -1)) do
    total = total + redis.call('HSTRLEN', KEYS[4], text)
    if i > 1 and (i > tonumber(texts) or total > tonumber(ARGV[12])) then
      break
    end
    kept = i
  end
  while redis.call('LLEN', KEYS[5]) > kept do
    redis.call('HDEL', KEYS[4], redis.call('RPOP', KEYS[5]))
  end
end
redis.call('PUBLISH', channel, new)
return { 1, new }
