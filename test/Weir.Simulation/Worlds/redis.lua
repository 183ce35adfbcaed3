-- A Redis without a network: strings with expiry, hashes, and sorted sets. Its clock is set for each call.

struct = { pack = string.pack, unpack = string.unpack }

-- In Lua 5.1 all numbers are doubles.
local floor, ceil = math.floor, math.ceil
math.floor = function(x) return floor(x) + 0.0 end
math.ceil = function(x) return ceil(x) + 0.0 end

-- A string is itself, a hash is { hash = ... } and a sorted set is { scores = ... }. A key without an end lives for ever.
local values, ends, now_us = {}, {}, 0

local function live(key)
  local till = ends[key]
  if till and till <= now_us then
    values[key], ends[key] = nil, nil
  end
  return values[key]
end

local function text(key)
  local value = live(key)
  if type(value) == 'table' then
    error('WRONGTYPE')
  end
  return value or false
end

local function collection(key, kind)
  local value = live(key)
  if value == nil then
    value = { [kind] = {} }
    values[key] = value
  end
  return type(value) == 'table' and value[kind] or error('WRONGTYPE')
end

local function count(all)
  local n = 0
  for _ in pairs(all) do
    n = n + 1
  end
  return n
end

local function drop_if_empty(key, all)
  if next(all) == nil then
    values[key], ends[key] = nil, nil
  end
end

local function sorted(all, before)
  local list = {}
  for name in pairs(all) do
    list[#list + 1] = name
  end
  table.sort(list, before)
  return list
end

local commands = {}

function commands.TIME()
  return { string.format('%d', now_us // 1000000), string.format('%d', now_us % 1000000) }
end

commands.GET = text

function commands.SET(key, value, mode, ms)
  if mode == 'XX' then
    -- With KEEPTTL: the end stays.
    values[key] = live(key) ~= nil and value or nil
    return true
  end
  ends[key] = now_us + tonumber(ms) * 1000
  values[key] = value
  return true
end

function commands.DEL(key)
  values[key], ends[key] = nil, nil
  return 1
end

function commands.PEXPIRE(key, ms)
  if live(key) ~= nil then
    ends[key] = now_us + tonumber(ms) * 1000
  end
  return 1
end

function commands.TYPE(key)
  local value = live(key)
  local kind = type(value) == 'table' and (value.hash and 'hash' or 'zset') or value and 'string' or 'none'
  return { ok = kind }
end

function commands.HSET(key, ...)
  local hash, pairs_of = collection(key, 'hash'), { ... }
  for i = 1, #pairs_of, 2 do
    hash[pairs_of[i]] = pairs_of[i + 1]
  end
  return 1
end

function commands.HDEL(key, field)
  local hash = collection(key, 'hash')
  hash[field] = nil
  drop_if_empty(key, hash)
  return 1
end

function commands.HGETALL(key)
  local hash, all = collection(key, 'hash'), {}
  for _, field in ipairs(sorted(hash)) do
    all[#all + 1] = field
    all[#all + 1] = hash[field]
  end
  drop_if_empty(key, hash)
  return all
end

function commands.ZADD(key, score, member)
  collection(key, 'scores')[member] = tonumber(score)
  return 1
end

function commands.ZREM(key, member)
  local scores = collection(key, 'scores')
  local had = scores[member] and 1 or 0
  scores[member] = nil
  drop_if_empty(key, scores)
  return had
end

function commands.ZCARD(key)
  local scores = collection(key, 'scores')
  drop_if_empty(key, scores)
  return count(scores)
end

function commands.ZRANGE(key, from, _, _)
  local scores = collection(key, 'scores')
  local order = sorted(scores, function(a, b) return scores[a] < scores[b] or (scores[a] == scores[b] and a < b) end)
  local member = order[tonumber(from) + 1]
  drop_if_empty(key, scores)
  return member and { member, string.format('%.0f', scores[member]) } or {}
end

function commands.ZREMRANGEBYSCORE(key, _, most)
  local scores = collection(key, 'scores')
  for member, score in pairs(scores) do
    if score <= tonumber(most) then
      scores[member] = nil
    end
  end
  drop_if_empty(key, scores)
  return 1
end

redis = {}

function redis.call(name, ...)
  return (commands[name] or error(name .. ' is not simulated'))(...)
end

function redis.pcall(name, ...)
  local done, reply = pcall(redis.call, name, ...)
  return done and reply or (not done and { err = reply } or reply)
end

local function copy(all)
  local new = {}
  for key, value in pairs(all) do
    new[key] = type(value) == 'table' and copy(value) or value
  end
  return new
end

-- What the simulation does: runs a script, and looks at what is kept.
local host = {}

function host.run(script, time_us, key_count, ...)
  now_us = time_us
  local words = { ... }
  KEYS, ARGV = table.move(words, 1, key_count, 1, {}), table.move(words, key_count + 1, #words, 1, {})
  return script()
end

function host.get(time_us, key)
  now_us = time_us
  return text(key) or nil
end

function host.keys(time_us)
  now_us = time_us
  local all = {}
  for key in pairs(values) do
    all[#all + 1] = live(key) and key or nil
  end
  return table.concat(all, '\n')
end

function host.field(time_us, key, field)
  now_us = time_us
  return collection(key, 'hash')[field]
end

function host.put(time_us, key, field, value)
  now_us = time_us
  collection(key, 'hash')[field] = value
end

function host.set(time_us, key, value)
  now_us = time_us
  values[key], ends[key] = value, nil
end

function host.delete(time_us, key)
  now_us = time_us
  commands.DEL(key)
end

function host.forget()
  values, ends = {}, {}
end

function host.remember()
  return { copy(values), copy(ends) }
end

function host.restore(remembered)
  values, ends = remembered[1], remembered[2]
end

collectgarbage('incremental', 400, 400)
return host
