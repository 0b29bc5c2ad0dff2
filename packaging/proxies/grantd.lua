-- For HAProxy: asks grantd whether a request may pass. `http-request lua.grantd URL`
-- leaves grantd's status in txn.grantd_status (0: no answer) and its challenge in
-- txn.grantd_challenge, and sets the X-Auth-* headers of an admitted request.
local told = { "x-auth-login", "x-auth-user-id", "x-auth-client-id", "x-auth-scopes" }

core.register_action("grantd", { "http-req" }, function(txn, url)
  txn:set_var("txn.grantd_status", 0)
  local asked = { ["x-forwarded-for"] = { txn.f:src() } }
  local credentials = {}
  for _, value in pairs(txn.http:req_get_headers()["authorization"] or {}) do
    credentials[#credentials + 1] = value
  end
  if #credentials > 0 then asked["authorization"] = credentials end
  local answer = core.httpclient():get { url = url, headers = asked, timeout = 2000 }
  if not answer or not answer.status then return end
  local headers = answer.headers or {}
  for _, name in ipairs(told) do
    local value = answer.status == 200 and headers[name] and headers[name][0]
    if value then txn.http:req_set_header(name, value) end
  end
  local challenge = headers["www-authenticate"]
  txn:set_var("txn.grantd_challenge", challenge and challenge[0] or "Bearer")
  txn:set_var("txn.grantd_status", answer.status)
end, 1)
