-- Decides a batch of commands on the clock of Redis, each command on all of its buckets or on none. The only writer of
-- bucket keys. TokenBucket.cs and WindowQuota.cs have the same arithmetic. The script is this file, then permits.lua
-- and answers.lua if a command of the batch has permits or a record, then decisions.lua.
--
-- KEYS     for each command: its idempotency record, if any; to undo a take, the record of the take; the account of
--          stored answers, to undo a take or if the record is bounded; then a bucket for each limit
-- ARGV[1]  doubles, little-endian, for each command:
--          operation: 0 check, 1 take, 2 charge, 3 reset, 4 settle (a charge in units), 5 restore (settles, at both of
--            its limits, the excess of the amount over the spent units of the second limit)
--          number of limits; record (0 none, 1 once, 2 settles, 3 undoes a take, 4 undoes a take that memory
--          admitted); horizon (lifetime of a lease in us; 0 for no leases); bytes of the command
--          with a record: lifetime in ms; time to settle in ms (0 never; to undo a take, the time of the take by Redis
--            instead); maximum bytes of the stored answers of its hash tag (0 for no bound)
--          then for each limit: kind, shadow (1 or 0), capacity and amount in units, and four numbers by kind:
--            0 bucket   units per token, units drained per tick, us per tick, units drained per us (as a float)
--            1 window   end of the only window to refund (0 for any), and the first three of five edges: the start of
--                       the window before, then four ends
--            2 permits  permits per holder, permit timeout in ms, 0, 0
--          with a horizon: tokens to lease, unused leased tokens that are given back, the stamp of their lease
--          for a window: the last two edges
-- ARGV[2…] for each command: with permits.lua its holder (empty for none); with a record its fingerprint and its text
-- bucket   three doubles and a float, little-endian: spent units, stamp in us, units per token, units drained per us;
--          of a window: spent tokens, end in us, 0, 0. A missing key has spent nothing. Any other value is damaged,
--          and stays until a reset.
-- record   a byte (1 to be settled, 2 not), 16 bytes of fingerprint, two doubles (end of the time to settle, number of
--          limits), the reply with a time in place of its code, the text. The bytes of the record are counted until
--          that time (0: not counted), a multiple of 2^20 us. The number of later callers that got the stored answer is
--          added to the time.
-- version  the length of a bucket, the first byte of a record: both are of version 1. A value of another version is
--          damaged to this script.
-- reply    doubles, little-endian, for each command: code, time of Redis in us; then for each limit: outcome, spent,
--          stamp or end in us, and with a horizon the leased tokens. The stamp of a lease is the time of Redis, or the
--          end of the window.
--          code 0 answered, 1 answered before, 2 edges of another time, 3 other fingerprint, 4 nothing to settle or
--          undo, 5 damaged, 6 no room for the record (nothing was done), 7 not undone, because the take was settled or
--          other callers got its answer; outcome 0 allowed, 1 refused, 2 never fits
--
-- All doubles are whole and below 2^53, and so exact. A key expires when its bucket equals a new one. A refusal by an
-- enforced limit spends nothing. It writes a bucket only to refund leased tokens, to correct the stamp of a clock that
-- has stepped back, or to store a changed quota, so that the key lives as long as the answer is true.
--
-- A lease is spent when it is granted. Before that, spent is raised to the units that drain in a horizon. A returned
-- lease comes back without the units drained since the grant. So leases never exceed the spent units. All instances
-- must use the same horizon.

local CHECK, TAKE, CHARGE, RESET, RESTORE = 0, 1, 2, 3, 5
local BUCKET, PERMITS = 0, 2
local ALLOWED, REFUSED, NEVER_FITS = 0, 1, 2
local ANSWERED, STALE, DAMAGED = 0, 2, 5
local UNDOES = 3
local MAX_FREEZE_US = 1000000
local EXACT_LIMIT = 9007199254740992
local BUCKET_SIZE = 28
local SAME_TTL = -1
-- Maximum lifetime of a key: above the fill time of every bucket (100 years at most), below the maximum of Redis.
local MAX_TTL_MS = 4000000000000

local call, try = redis.call, redis.pcall
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local pack, unpack, concat = struct.pack, struct.unpack, table.concat

local time = call('TIME')
local now_us = time[1] * 1000000 + time[2]

-- The values of keys (false: none), and the lifetime in ms of changed keys (0: delete). Permits are in neither. A batch
-- reads a key once, and writes it once at the end.
local values, ttls = {}, {}

-- Stay nil in batches without permits and records. A function costs each batch its captured variables, used or not.
local permits, answers
