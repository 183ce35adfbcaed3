-- The script of batches without permits: decisions.lua alone.
local permits
