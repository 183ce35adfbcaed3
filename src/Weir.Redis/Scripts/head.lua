-- Decides a batch of commands on the clock of Redis, each on all of its buckets or on none. It is the only writer of
-- bucket keys. TokenBucket.cs and WindowQuota.cs are the same arithmetic. This text comes first and decisions.lua last;
-- if a command of the batch has permits or a record, permits.lua and answers.lua stand between them.
--
-- KEYS     command by command: its idempotency record, if it has one; to undo a take, the record of that; the account
--          of stored answers, to undo a take and if the record is bounded; then a bucket for each of its limits
-- ARGV[1]  doubles, little-endian, command by command:
--          operation: 0 check, 1 take, 2 charge, 3 reset, 4 settle (a charge in units), 5 restore (settles the first
--            limit by how much its amount exceeds the spent units of the second one, and that one as well)
--          limits; record (0 none, 1 once, 2 settles, 3 undoes a take, 4 undoes one that memory admitted); horizon (us
--            a lease lives; 0 no leases); bytes of the command
--          with a record: milliseconds to keep it, milliseconds for which it may be settled (0 never; to undo a take,
--            the time of Redis at it instead), bytes that the stored answers of its hash tag may take (0: not bounded)
--          then limit by limit: kind, shadow (1 or 0), capacity and amount in units, and four by kind
--            0 bucket   units a token, units that drain a tick, us a tick, units that drain a us, as a float keeps them
--            1 window   the only end at which to give back (0 any), and of five edges (the start of the window before,
--                       then four ends) the first three
--            2 permits  how much a holder has, milliseconds until a permit times out, 0, 0
--          with a horizon: tokens wanted ahead, leased tokens given back unused, the stamp of their lease
--          of a window the two edges that are left
-- ARGV[2…] command by command: with permits.lua its holder, empty for none; with a record its fingerprint and the text
--          to keep
-- bucket   three doubles and a float, little-endian: units spent, the stamp in us, units a token, units drained a us;
--          of a window: tokens spent, when it ends, 0, 0. A missing key has spent nothing. Any other value is damage,
--          and stays as it is until a reset.
-- record   a byte (1 to be settled, 2 not), 16 bytes of fingerprint, two doubles (when it can be settled no more,
--          limits), the reply with the time until which it is counted in place of its code (0 not counted), the text.
--          The time is a multiple of 2^20 us; the callers that were answered by the record later are added to it.
-- version  of a bucket is its length, of a record its first byte: both are of version 1. A value of another version is
--          damage to this script.
-- reply    doubles, little-endian, command by command: code, the time of Redis in us, then limit by limit: outcome,
--          spent, stamp or end in us, and with a horizon the leased tokens. The stamp of a lease is the time of Redis,
--          or the end of the window.
--          code 0 answered, 1 answered before, 2 the edges are not of now, 3 another fingerprint, 4 nothing to settle,
--          5 damage, 6 no room for the answer, so that nothing was done, 7 not undone, since others were answered by
--          the record; outcome 0 allowed, 1 refused, 2 never fits
--
-- All numbers are whole and below 2^53, which doubles count exactly. A key expires when it is as good as missing. A
-- refusal by an enforced limit spends nothing. It writes its bucket in two cases, which leave the spent amount alone:
-- to take back a stamp from a clock that has stepped back since, and when the quota has changed, so that the key lives
-- as long as the answer is true.
--
-- A lease is spent when it is granted. Spent is first raised to what drains in a horizon, and a lease is given back
-- without the units drained since, so leases out never exceed the spent units. Horizons must be the same at all
-- instances.

local CHECK, TAKE, CHARGE, RESET, RESTORE = 0, 1, 2, 3, 5
local BUCKET, PERMITS = 0, 2
local ALLOWED, REFUSED, NEVER_FITS = 0, 1, 2
local ANSWERED, STALE, DAMAGED = 0, 2, 5
local UNDOES = 3
local MAX_FREEZE_US = 1000000
local EXACT_LIMIT = 9007199254740992
local BUCKET_SIZE = 28
local SAME_TTL = -1
-- Longer than any quota takes to drain; Redis refuses what it cannot count.
local MAX_TTL_MS = 4000000000000

local call, try = redis.call, redis.pcall
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local pack, unpack, concat = struct.pack, struct.unpack, table.concat

local time = call('TIME')
local now_us = time[1] * 1000000 + time[2]

-- What keys hold by now (false: nothing), and the milliseconds for which to keep changed ones (0: not at all). A key is
-- read once a call and written once, at its end.
local values, ttls = {}, {}

-- Of batches without permits and records these stay nil. A function costs a call what it captures, used or not.
local permits, answers
