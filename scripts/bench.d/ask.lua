-- What wrk sends, and what it tells about it. The environment says what to ask:
--   BENCH_PATH, BENCH_AUTH     GET this, as this one
--   BENCH_TOKENS, BENCH_APPS   instead: GET the check of a token of this file (lines of `CLIENT_ID TOKEN`,
--                              all as long) drawn at random; the apps' Authorization, `CLIENT_ID=VALUE` by commas
--   BENCH_HOT                  only so many of them, spread over the file
--   BENCH_CREATE               instead: POST to BENCH_PATH, with fresh notes that begin with this; as
--                              BENCH_AUTHS in turn, separated by commas: each of BENCH_THREADS threads as others
--   BENCH_FORM                 instead: POST this form to BENCH_PATH, as BENCH_AUTH

local ffi = require("ffi")
ffi.cdef [[
  void *mmap(void *, size_t, int, int, int, long);
  int open(const char *, int, ...);
  long lseek(int, long, int);
]]

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local function split(text)
  local parts = {}
  for part in text:gmatch("[^,]+") do parts[#parts + 1] = part end
  return parts
end

-- The file is not read but mapped: it may be larger than what a script may have.
local function map(path)
  local file = ffi.C.open(path, 0)
  local size = tonumber(ffi.C.lseek(file, 0, 2))
  local bytes = ffi.cast("const char *", ffi.C.mmap(nil, size, 1, 1, file, 0))
  local line = 0
  while bytes[line] ~= 10 do line = line + 1 end
  return bytes, line + 1, size / (line + 1)
end

local function checks()
  local bytes, width, lines = map(os.getenv("BENCH_TOKENS"))
  local tail = {}
  for _, pair in ipairs(split(os.getenv("BENCH_APPS"))) do
    local id, value = pair:match("^([^=]+)=(.*)$")
    tail[id] = " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\nUser-Agent: wrk\r\nAuthorization: "
      .. value .. "\r\n\r\n"
  end
  local function check_of(line)
    local text = ffi.string(bytes + line * width, width - 1)
    local id, token = text:match("^(%S+) (%S+)$")
    return "GET /api/v3/applications/" .. id .. "/tokens/" .. token .. tail[id]
  end
  local hot = tonumber(os.getenv("BENCH_HOT") or "0")
  if hot == 0 then
    return function() return check_of(math.random(0, lines - 1)) end
  end
  local requests, step = {}, math.floor(lines / hot)
  for index = 1, hot do requests[index] = check_of((index - 1) * step) end
  return function() return requests[math.random(hot)] end
end

local function creations(prefix)
  local path, auths, count = os.getenv("BENCH_PATH"), {}, 0
  -- Nobody is two clients at a time.
  for index, auth in ipairs(split(os.getenv("BENCH_AUTHS"))) do
    if index % tonumber(os.getenv("BENCH_THREADS")) == number - 1 then auths[#auths + 1] = auth end
  end
  return function()
    count = count + 1
    -- Always as long: the answer is as long as nginx's.
    local body = string.format('{"scopes":["repo","user"],"note":"%s-%d-%09d"}', prefix, number, count)
    local headers = { Authorization = auths[count % #auths + 1], ["User-Agent"] = "wrk" }
    return wrk.format("POST", path, headers, body)
  end
end

function init()
  math.randomseed(number * 7919)
  if os.getenv("BENCH_TOKENS") then
    ask = checks()
  elseif os.getenv("BENCH_CREATE") then
    ask = creations(os.getenv("BENCH_CREATE"))
  else
    local headers = { Authorization = os.getenv("BENCH_AUTH"), ["User-Agent"] = "wrk" }
    local form, method = os.getenv("BENCH_FORM"), "GET"
    if form then
      method, headers["Content-Type"] = "POST", "application/x-www-form-urlencoded"
    end
    local fixed = wrk.format(method, os.getenv("BENCH_PATH"), headers, form)
    ask = function() return fixed end
  end
end

function request() return ask() end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"bytes":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.bytes, summary.duration,
    latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
