-- What wrk sends, and what it tells about it. The environment says what to ask:
-- BENCH_PATH, BENCH_AUTH, BENCH_CREATE (a prefix for notes: POST with a fresh one each time).

local create = os.getenv("BENCH_CREATE")
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init()
  count = 0
  headers = { Authorization = os.getenv("BENCH_AUTH"), ["User-Agent"] = "wrk" }
  path = os.getenv("BENCH_PATH")
  fixed = wrk.format("GET", path, headers)
end

function request()
  if not create then return fixed end
  count = count + 1
  -- Always as long: the answer is as long as nginx's.
  local body = string.format('{"scopes":["repo","user"],"note":"%s-%d-%09d"}', create, number, count)
  return wrk.format("POST", path, headers, body)
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"bytes":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.bytes, summary.duration,
    latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
