-- Live data: a history of changes, the present entries, the last changes and their texts. The only writer of these.
--
-- KEYS  1 state      a hash: for each entry, kind/id -> version, a space and the text; and the fields history, version,
--                    count (of entries) and life (a token of the last restoration). One key, so that Redis evicts all
--                    of the state or nothing
--       2 changes    a list of the last changes, newest first, in JSON
--       3 texts      a hash: version -> kind/id, a line feed, and '+' with the text, or '-' for a deletion
--       4 restoring  the token of the instance that restores lost entries; it expires
--
-- look    history ('' for none) and version that the reader knows
--         reply { standing, history, version, existing entries, count, 1 during a restoration, life }
-- write   kind/id, '+' and the text or '-', expected version ('' for any), author, time (Unix ms), maximum changes,
--         maximum texts, channel, history and version that the writer knows, 'exact' to refuse if anything has changed
--         since that version, maximum bytes of texts, 'remember' to keep the text
--         reply { 1 written, 0 not the expected version, -1 data is lost or of another history, -2 changed since
--         ('exact'), -3 nothing to delete; version }
-- begin   token, milliseconds, history, version, count: claims the restoration if the caller knows the lost entries
--         reply 1 or 0. Until all entries exist, the count exceeds their number, so that readers report a loss
-- put     token, milliseconds, then kind/id and value of some entries. reply 1, or 0 if the claim is lost
-- finish  token, channel. reply 1, or 0 if the claim is lost or an entry is missing
-- accept  a random text: accepts the existing entries as all entries. reply 1

local SOUND, MISSING, PARTIAL, BEHIND, YOUNGER = 0, 1, 2, 3, 4
local META = 4
local EXACT_LIMIT = 9007199254740992
local state, restoring = KEYS[1], KEYS[4]

-- Returns the whole number below 2^53 that a text spells; nil for any other text.
local function number_of(text)
  local number = string.find(text, '^%d+$') and tonumber(text)
  return number and number < EXACT_LIMIT and number or nil
end

-- Returns the state; nil if there is none, if it lacks a field, or if its key has another type. For an unreadable
-- number, the count is raised as if entries were missing.
local function standing_state()
  local meta = redis.pcall('HMGET', state, 'history', 'version', 'count', 'life')
  if meta.err or not meta[1] or not meta[2] or not meta[3] or not meta[4] then
    return nil
  end
  local version, count = number_of(meta[2]), number_of(meta[3])
  return { history = meta[1], version = version or 0, unreadable = not version, count = version and count or EXACT_LIMIT - 1, life = meta[4],
    held = redis.call('HLEN', state) - META }
end

-- Compares the store with a reader. Returns its standing, and whether the reader can restore the rest. Of two
-- histories the older one goes on: the younger one began in a store that had lost the older one.
local function compare(now, history, version)
  if not now then
    return MISSING, history ~= ''
  end
  local is_older = history ~= '' and history < now.history
  if now.held < now.count then
    return PARTIAL, is_older or (history == now.history and version >= now.version)
  end
  if is_older then
    return YOUNGER, true
  end
  if history == now.history and version > now.version then
    return BEHIND, true
  end
  return SOUND, false
end

local function look(history, version)
  local now = standing_state()
  local how = compare(now, history, version)
  now = now or { history = '', version = 0, count = 0, held = 0, life = '' }
  return { how, now.history, now.version, now.held, now.count, redis.call('EXISTS', restoring), now.life }
end

local function holds_claim(token)
  return redis.call('GET', restoring) == token
end

local function begin(token, milliseconds, history, version, count)
  local _, can_restore = compare(standing_state(), history, version)
  if not can_restore or not redis.call('SET', restoring, token, 'NX', 'PX', milliseconds) then
    return 0
  end
  redis.call('UNLINK', state)
  redis.call('HSET', state, 'history', history, 'version', version, 'count', count, 'life', token)
  return 1
end

local function put(token, milliseconds)
  if not holds_claim(token) then
    return 0
  end
  redis.call('PEXPIRE', restoring, milliseconds)
  redis.call('HSET', state, unpack(ARGV, 4))
  return 1
end

local function finish(token, channel)
  if not holds_claim(token) then
    return 0
  end
  redis.call('DEL', restoring)
  local now = standing_state()
  if not now or now.held < now.count then
    return 0
  end
  redis.call('PUBLISH', channel, now.version)
  return 1
end

local function accept(random)
  local now = standing_state()
  local time = redis.call('TIME')
  if now then
    -- Replaces an unreadable version by the present time in seconds, which is later.
    redis.call('HSET', state, 'count', now.held, 'version', now.unreadable and time[1] or now.version)
    return 1
  end
  local history = string.format('%011d%06d-%s', tonumber(time[1]), tonumber(time[2]), random)
  redis.call('UNLINK', state)
  redis.call('HSET', state, 'history', history, 'version', 0, 'count', 0, 'life', random)
  return 1
end

local function remember_change(change, most)
  redis.call('LPUSH', KEYS[2], cjson.encode(change))
  redis.call('LTRIM', KEYS[2], 0, most - 1)
end

-- Keeps the text of a change, and removes old texts beyond the bounds. Always keeps the newest text.
local function remember_text(version, text, most, most_bytes)
  redis.call('HSET', KEYS[3], version, text)
  local versions = redis.call('HKEYS', KEYS[3])
  table.sort(versions, function(left, right) return tonumber(left) > tonumber(right) end)
  local total = 0
  for i, kept in ipairs(versions) do
    total = total + redis.call('HSTRLEN', KEYS[3], kept)
    if i > 1 and (i > most or total > most_bytes) then
      redis.call('HDEL', KEYS[3], kept)
    end
  end
end

local function write()
  local name, value, expected, who, when, changes, texts, channel, history, known = unpack(ARGV, 2, 11)
  local now = standing_state()
  known = tonumber(known)
  if not now or now.held < now.count or now.history ~= history or now.version < known then
    return { -1, 0 }
  end
  if ARGV[12] == 'exact' and now.version > known then
    return { -2, now.version }
  end
  local before = tonumber(string.match(redis.call('HGET', state, name) or '', '^(%d+) ')) or 0
  if expected ~= '' and tonumber(expected) ~= before then
    return { 0, before }
  end
  if value == '-' and before == 0 then
    return { -3, 0 }
  end

  local new, is_gone = now.version + 1, value == '-'
  if is_gone then
    redis.call('HDEL', state, name)
  else
    redis.call('HSET', state, name, new .. ' ' .. string.sub(value, 2))
  end
  redis.call('HSET', state, 'version', new, 'count', now.count + (is_gone and -1 or before == 0 and 1 or 0))
  remember_change({ v = new, n = name, b = before, d = is_gone, w = who, t = tonumber(when) }, tonumber(changes))
  if ARGV[14] == 'remember' then
    remember_text(new, name .. '\n' .. value, tonumber(texts), tonumber(ARGV[13]))
  end
  redis.call('PUBLISH', channel, new)
  return { 1, new }
end

local what = ARGV[1]
if what == 'look' then
  return look(ARGV[2], tonumber(ARGV[3]))
elseif what == 'write' then
  return write()
elseif what == 'begin' then
  return begin(ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6])
elseif what == 'put' then
  return put(ARGV[2], ARGV[3])
elseif what == 'finish' then
  return finish(ARGV[2], ARGV[3])
end
return accept(ARGV[2])
