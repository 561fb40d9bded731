-- Sends the requests of a file, one after the other, each as wrk has a connection free; counts what is no answer.
-- Arguments: the file (a form a line, its query last), where to begin, and what makes each query unlike any other
-- ("" to send them as they are). The figures go to standard output as one line of JSON.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  bodies, ready, at, refused, sent = {}, {}, tonumber(args[2]), 0, 0
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
  mark = args[3] or ""
  headers = {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Accept"] = "application/sparql-results+json",
  }
  if mark == "" then
    for place, body in ipairs(bodies) do ready[place] = wrk.format("POST", nil, headers, body) end
  end
  count = #bodies
end

function request()
  local place = at % count + 1
  at, sent = at + 1, sent + 1
  if mark == "" then return ready[place] end
  return wrk.format("POST", nil, headers, bodies[place] .. "%0A%23%20" .. mark .. sent)
end

function response(status)
  if status ~= 200 then refused = refused + 1 end
end

function done(summary, latency)
  local refused, sent, count = 0, 0, 0
  for _, thread in ipairs(threads) do
    refused, sent, count = refused + thread:get("refused"), sent + thread:get("sent"), thread:get("count")
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"seconds": %.4f, "responses": %d, "refused": %d, "broken": %d, "late": %d, "sent": %d, "texts": %d, '
      .. '"bytes": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    summary.duration / 1e6, summary.requests, refused, errors.connect + errors.read + errors.write, errors.timeout,
    sent, count, summary.bytes, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
