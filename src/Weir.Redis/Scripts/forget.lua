-- Deletes an idempotency record, and counts its bytes no longer. The text of answers.lua stands before this one.
--
-- KEYS  the record, the account of its hash tag

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local record, account = redis.pcall('GET', KEYS[1]), open_account(KEYS[2], now_us)
if type(record) == 'string' and #record > COUNTED_UNTIL_AT + 8 and account then
  discount(account, KEYS[1], record, now_us)
  local value, ttl_ms = close_account(account, now_us)
  if value then
    redis.call('SET', KEYS[2], value, 'PX', string.format('%.0f', ttl_ms))
  else
    redis.call('DEL', KEYS[2])
  end
end
redis.call('DEL', KEYS[1])
return ''
