-- Sends the requests of a file, one after the other, each as wrk has a connection free; counts what is no answer.
-- Arguments: the file (a form a line, its query last), what makes each query unlike any other ("" to send them as
-- they are), and "once" to stop when all have been sent.
-- The figures go to standard output as one line of JSON; seconds are from the first request to the last answer.
local ffi = require("ffi")
ffi.cdef("typedef struct { long sec; long usec; } moment; int gettimeofday(moment *now, void *zone);")
local threads, now = {}, ffi.new("moment")

local function time()
  ffi.C.gettimeofday(now, nil)
  return tonumber(now.sec) + tonumber(now.usec) / 1e6
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  bodies, ready, at, answers, refused, sent = {}, {}, 0, 0, 0, 0
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
  mark, once, count = args[2] or "", args[3] == "once", #bodies
  headers = {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Accept"] = "application/sparql-results+json",
  }
  if mark == "" then
    for place, body in ipairs(bodies) do ready[place] = wrk.format("POST", nil, headers, body) end
  end
  began = time()
  ended = began
end

function request()
  if sent == 0 then began = time() end
  if once and at >= count then
    wrk.thread:stop()
  else
    sent = sent + 1
  end
  local place = at % count + 1
  at = at + 1
  if mark == "" then return ready[place] end
  return wrk.format("POST", nil, headers, bodies[place] .. "%0A%23%20" .. mark .. sent)
end

function response(status)
  ended = time()
  if status == 200 then answers = answers + 1 else refused = refused + 1 end
end

function done(summary, latency)
  local answers, refused, sent, seconds = 0, 0, 0, 0
  for _, thread in ipairs(threads) do
    answers, refused, sent = answers + thread:get("answers"), refused + thread:get("refused"), sent + thread:get("sent")
    seconds = math.max(seconds, thread:get("ended") - thread:get("began"))
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"seconds": %.4f, "answers": %d, "refused": %d, "broken": %d, "late": %d, "sent": %d, "p50_ms": %.3f, '
      .. '"p99_ms": %.3f}\n',
    seconds, answers, refused, errors.connect + errors.read + errors.write, errors.timeout, sent,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
