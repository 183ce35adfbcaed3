-- The load of the side-by-side runs, for wrk: a take of one token for a key drawn at random.
--   wrk -t1 -c100 -d5s --latency -s take.lua http://127.0.0.1:3000 -- [keys] [check]
-- With `check` every answer's status is looked at, which costs the generator a third of its speed; the measured runs go without, and
-- a checked run goes before them. The last line printed is one JSON object, times in microseconds.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local requests = {}
local keys

-- Formatting costs more than sending, so every request is made before the first one leaves.
function init(args)
  keys = tonumber(args[1]) or 10000
  math.randomseed(7919 * number)
  local headers = { ["Content-Type"] = "application/json" }
  for n = 1, keys do
    requests[n] = wrk.format("POST", "/limit/incr", headers, '{"key":"user_' .. n .. '","cost":1}')
  end
  if args[2] == "check" then
    wrong = 0
    response = look
  end
end

function request()
  return requests[math.random(keys)]
end

function look(status)
  if status ~= 200 and status ~= 429 then
    wrong = wrong + 1
  end
end
