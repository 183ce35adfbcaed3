-- The load of the side-by-side runs, for wrk: a take of one token for a key drawn at random.
--
--   wrk -t2 -c100 -d5s -s take.lua http://127.0.0.1:3000 [-- KEYS [even|zipf [SOURCE]]]
--
-- With a SOURCE (redis or memory) every answer is looked at: its status must be 200 or 429, and its body must name that source. That costs
-- the generator a few microseconds a request, so a looking run warms a server up and the measured run that follows goes without.
-- The last line printed is one JSON object; its times are in microseconds.

local workers = {}

function setup(thread)
  table.insert(workers, thread)
  thread:set("number", #workers)
end

local requests = {}

-- With zipf: the part of all requests that go to the first n keys, the n-th key having 1/n of what the first has.
local shares

-- Formatting a request costs more than sending it, so all are made before the first one leaves.
function init(args)
  local keys = tonumber(args[1]) or 10000
  math.randomseed(7919 * number)
  local headers = { ["Content-Type"] = "application/json" }
  for n = 1, keys do
    requests[n] = wrk.format("POST", "/limit/incr", headers, '{"key":"user_' .. n .. '","cost":1}')
  end
  if args[2] == 'zipf' then
    shares = cumulated(keys)
  end
  if args[3] then
    look_for(args[3])
  end
end

function cumulated(keys)
  local sums, sum = {}, 0
  for n = 1, keys do
    sum = sum + 1 / n
    sums[n] = sum
  end
  for n = 1, keys do
    sums[n] = sums[n] / sum
  end
  return sums
end

local function by_zipf()
  local point, low, high = math.random(), 1, #shares
  while low < high do
    local middle = math.floor((low + high) / 2)
    if shares[middle] < point then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

function request()
  return requests[shares and by_zipf() or math.random(#requests)]
end

-- wrk hands answers to Lua only where this function exists, and reads the counters from the worker's globals.
function look_for(source)
  looked, wrong_status, wrong_source = 0, 0, 0
  local name = '"source":"' .. source .. '"'
  function response(status, _, body)
    looked = looked + 1
    if status ~= 200 and status ~= 429 then
      wrong_status = wrong_status + 1
    elseif not body:find(name, 1, true) then
      wrong_source = wrong_source + 1
    end
  end
end

local function total(counter)
  local sum = 0
  for _, worker in ipairs(workers) do
    sum = sum + (worker:get(counter) or 0)
  end
  return sum
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"duration_us":%d,"p50_us":%d,"p95_us":%d,"p99_us":%d,"max_us":%d,"socket_errors":%d,"over_399":%d,'
      .. '"looked":%d,"wrong_status":%d,"wrong_source":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    total("looked"), total("wrong_status"), total("wrong_source")))
end
