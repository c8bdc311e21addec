/** Lua for scripts that look at the end of a log: `last_entry(key)` gives its fields and its `id`, or nil. */
export const lastEntry = `
  local function last_entry(log)
    local entry = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
    if not entry then return nil end
    local fields = { id = entry[1] }
    for at = 1, #entry[2], 2 do fields[entry[2][at]] = entry[2][at + 1] end
    return fields
  end
`;
