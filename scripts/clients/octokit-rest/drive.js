"use strict";
// Drives every operation that @octokit/rest 16 has against a running grantd.
// What it needs stands in the environment: see ../lib.sh.

const assert = require("assert").strict;
const crypto = require("crypto");
const { Octokit } = require("@octokit/rest");
const totp = require("./totp");

const env = process.env;
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
const driven = new Set();
console.warn = () => {}; // the library about its own deprecations

/** A client that remembers which operations it was asked for. */
function client(auth) {
  const octokit = new Octokit({ auth, baseUrl: env.API_URL, log: quiet });
  octokit.hook.before("request", ({ method, url }) => {
    driven.add(`${method} ${url}`);
  });
  return octokit;
}

const password = { username: env.USER_LOGIN, password: env.USER_PASSWORD };
const user = client(password);
const nobody = client();
// Basic with the client ID and secret; the library's own {clientId, clientSecret}
// puts them into the query for every URL but one.
const app = client({ username: env.CLIENT_ID, password: env.CLIENT_SECRET });
const app_params = { client_id: env.CLIENT_ID, client_secret: env.CLIENT_SECRET };
const oauth = user.oauthAuthorizations;

const run = crypto.randomBytes(4).toString("hex");
const sha256 = (text) => crypto.createHash("sha256").update(text).digest("hex");
// The library's own sign-in throws an older kind of error than its requests do.
const headersOf = (error) => (error.response || error).headers;
const idOf = (response) => response.data.id;

let failures = 0;
async function step(name, action) {
  try {
    const detail = await action();
    console.log(`ok - ${name}: ${detail}`);
  } catch (error) {
    failures += 1;
    console.log(`not ok - ${name}: ${String(error.message).split("\n").join(" ")}`);
  }
}

/** The refusal that a call must end in. */
async function refused(status, call) {
  const error = await call.then(
    (response) => assert.fail(`expected ${status}, got ${response.status}`),
    (error) => error
  );
  assert.equal(error.status, status, error.message);
  return error;
}

/** What every answer that shows a token has in common. */
function shown({ status, headers, data }, expectedStatus) {
  assert.equal(status, expectedStatus);
  assert.match(data.token, /^([0-9a-f]{40}|[a-z]+_[0-9A-Za-z]{36})$/);
  assert.equal(data.hashed_token, sha256(data.token));
  assert.equal(data.token_last_eight, data.token.slice(-8));
  if (status === 201) assert.equal(headers.location, data.url);
  return data;
}

/** What every other answer has in common. */
function hidden({ status, data }) {
  assert.equal(status, 200);
  for (const one of [].concat(data)) {
    assert.equal(one.token, "");
    assert.match(one.hashed_token, /^[0-9a-f]{64}$/);
    assert.ok("fingerprint" in one && "note" in one && "note_url" in one);
  }
  return data;
}

async function forgetApp(octokit) {
  const { data } = await octokit.oauthAuthorizations.listGrants({ per_page: 100 });
  for (const grant of data.filter(({ app }) => app.client_id === env.CLIENT_ID)) {
    await octokit.oauthAuthorizations.deleteGrant({ grant_id: grant.id });
  }
}

async function grantOfApp() {
  const { data } = await oauth.listGrants({ per_page: 100 });
  return data.find((grant) => grant.app.client_id === env.CLIENT_ID);
}

async function personalTokens() {
  const note = `rest ${run}`;
  let created;

  await step("create-authorization", async () => {
    created = shown(await oauth.createAuthorization({ note, scopes: ["repo", "gist"] }), 201);
    assert.deepEqual(created.scopes, ["repo", "gist"]);
    assert.equal(created.app.name, note);
    assert.equal(created.app.client_id, "0".repeat(20));
    assert.equal(created.note_url, null);
    assert.equal(created.fingerprint, null);
    return "201, a personal access token, shown with its hash and Location";
  });
  await step("create-authorization, note taken", async () => {
    const error = await refused(422, oauth.createAuthorization({ note }));
    assert.deepEqual(error.response.data.errors, [
      { resource: "OauthAccess", code: "already_exists", field: "description" },
    ]);
    return "422 already_exists";
  });
  await step("create-authorization, empty app", async () => {
    const response = await oauth.createAuthorization({ note: `${note} empty`, client_id: "", client_secret: "" });
    const data = shown(response, 201);
    assert.equal(data.app.client_id, "0".repeat(20));
    await oauth.deleteAuthorization({ authorization_id: data.id });
    return "201, personal all the same";
  });
  await step("create-authorization, wrong secret", async () => {
    const wrong = { note, client_id: env.CLIENT_ID, client_secret: "0".repeat(40) };
    const error = await refused(422, oauth.createAuthorization(wrong));
    assert.match(error.message, /^Invalid OAuth application client_id or secret\./);
    return "422";
  });
  await step("create-authorization, unknown scope", async () => {
    const error = await refused(422, oauth.createAuthorization({ note: `${note} x`, scopes: ["no_such_scope"] }));
    assert.equal(error.response.data.errors[0].field, "scopes");
    assert.equal(error.response.data.errors[0].message, "scopes are invalid: no_such_scope");
    return "422 scopes are invalid";
  });
  await step("get-authorization", async () => {
    const response = await oauth.getAuthorization({ authorization_id: created.id });
    const data = hidden(response);
    assert.deepEqual({ ...data, token: created.token }, created);
    assert.equal(new Date(response.headers["last-modified"]).getTime(), new Date(data.updated_at).getTime());
    return "200 without the token, with Last-Modified";
  });
  await step("get-authorization, If-None-Match", async () => {
    const parameters = { authorization_id: created.id };
    const { headers } = await oauth.getAuthorization(parameters);
    await refused(304, oauth.getAuthorization({ ...parameters, headers: { "if-none-match": headers.etag } }));
    return "304";
  });
  await step("update-authorization", async () => {
    const change = async (parameters) =>
      hidden(await oauth.updateAuthorization({ authorization_id: created.id, ...parameters }));
    const added = await change({ add_scopes: ["user", "repo"] });
    assert.deepEqual(added.scopes, ["repo", "gist", "user"]);
    const removed = await change({ remove_scopes: ["gist", "notifications"] });
    assert.deepEqual(removed.scopes, ["repo", "user"]);
    const replaced = await change({ scopes: ["public_repo"], note: `${note} edited`, note_url: "http://optional/note/url" });
    assert.deepEqual(replaced.scopes, ["public_repo"]);
    assert.deepEqual(replaced.app, {
      name: `${note} edited`,
      url: "http://optional/note/url",
      client_id: "0".repeat(20),
    });
    assert.equal(replaced.hashed_token, created.hashed_token);
    return "200: scopes added, removed, replaced; app follows the note";
  });
  await step("password only", async () => {
    for (const auth of [created.token, { username: env.USER_LOGIN, password: created.token }]) {
      const error = await refused(403, client(auth).oauthAuthorizations.listAuthorizations());
      assert.match(error.message, /^This API can only be accessed with username and password Basic Auth/);
    }
    return "403 for a token, as such and as password";
  });
  await step("users/get-authenticated", async () => {
    const { headers, data } = await client(created.token).users.getAuthenticated();
    assert.equal(data.login, env.USER_LOGIN);
    assert.equal(headers["x-oauth-scopes"], "public_repo");
    assert.ok("x-accepted-oauth-scopes" in headers);
    assert.ok("plan" in data && "two_factor_authentication" in data);
    return "200 by token, with X-OAuth-Scopes";
  });
  await step("delete-authorization", async () => {
    const response = await oauth.deleteAuthorization({ authorization_id: created.id });
    assert.equal(response.status, 204);
    await refused(404, oauth.deleteAuthorization({ authorization_id: created.id }));
    await refused(404, oauth.getAuthorization({ authorization_id: created.id }));
    await refused(401, client(created.token).users.getAuthenticated());
    return "204, then 404, and the token is dead";
  });
}

async function pages() {
  const ids = [];
  await step("pagination, 35 authorizations", async () => {
    for (let i = 0; i < 35; i += 1) {
      ids.push(idOf(await oauth.createAuthorization({ note: `rest ${run} page ${i}` })));
    }
    return "made";
  });
  await step("list-authorizations, first page", async () => {
    const response = await oauth.listAuthorizations();
    assert.equal(hidden(response).length, 30);
    assert.match(response.headers.link, /<[^>]*\/authorizations\?page=2>; rel="next"/);
    assert.match(response.headers.link, /; rel="last"/);
    return "30 and a Link to the next";
  });
  await step("list-authorizations, paginate", async () => {
    for (const per_page of [undefined, 10, 100]) {
      const all = await user.paginate(oauth.listAuthorizations.endpoint.merge({ per_page }));
      const found = all.map(({ id }) => id);
      assert.deepEqual(found, [...found].sort((a, b) => a - b));
      assert.deepEqual(found.filter((id) => ids.includes(id)), ids);
    }
    return "all 35, in order, by 30, 10 and 100";
  });
  await step("list-authorizations, past the end", async () => {
    const { data } = await oauth.listAuthorizations({ page: 1000 });
    assert.deepEqual(data, []);
    return "an empty page";
  });
  for (const authorization_id of ids) await oauth.deleteAuthorization({ authorization_id });
}

async function appTokens() {
  let first, token, reset;

  await step("get-or-create-authorization-for-app", async () => {
    await forgetApp(user);
    first = shown(await oauth.getOrCreateAuthorizationForApp({ ...app_params, scopes: ["gist"] }), 201);
    const again = await oauth.getOrCreateAuthorizationForApp({ ...app_params, scopes: ["repo"], note: "ignored" });
    assert.deepEqual(hidden(again), { ...first, token: "" });
    assert.equal(again.headers.location, first.url);
    return "201, then 200 unchanged and without the token";
  });
  await step("get-or-create-authorization-for-app-and-fingerprint", async () => {
    const parameters = { ...app_params, fingerprint: `finger/${run}`, scopes: ["repo"] };
    const data = shown(await oauth.getOrCreateAuthorizationForAppAndFingerprint(parameters), 201);
    assert.equal(data.fingerprint, `finger/${run}`);
    const again = await oauth.getOrCreateAuthorizationForAppAndFingerprint(parameters);
    assert.equal(hidden(again).id, data.id);
    const inBody = await oauth.getOrCreateAuthorizationForApp(parameters);
    assert.equal(hidden(inBody).id, data.id);
    token = data.token;
    return "201, then 200, also with the fingerprint in the body";
  });
  await step("list-grants", async () => {
    const grant = await grantOfApp();
    assert.deepEqual([...grant.scopes].sort(), ["gist", "repo"]);
    assert.ok(!("token" in grant) && !("user" in grant));
    return "one entry for both tokens, with the union of scopes";
  });
  await step("get-grant", async () => {
    const grant = await grantOfApp();
    const { data, headers } = await oauth.getGrant({ grant_id: grant.id });
    assert.deepEqual(data, grant);
    assert.ok(headers["last-modified"]);
    return "200";
  });
  await step("check-authorization", async () => {
    const response = await app.apps.checkAuthorization({ client_id: env.CLIENT_ID, access_token: token });
    const data = shown(response, 200);
    assert.equal(data.token, token);
    assert.equal(data.user.login, env.USER_LOGIN);
    const wrong = { client_id: env.CLIENT_ID, access_token: "0".repeat(40) };
    await refused(404, app.apps.checkAuthorization(wrong));
    await refused(404, app.apps.checkAuthorization({ client_id: "f".repeat(20), access_token: token }));
    return "200 with token and user; 404 for others";
  });
  await step("check-authorization, wrong secret", async () => {
    const stranger = client({ username: env.CLIENT_ID, password: "0".repeat(40) });
    await refused(401, stranger.apps.checkAuthorization({ client_id: env.CLIENT_ID, access_token: token }));
    return "401";
  });
  await step("reset-authorization", async () => {
    const old = { client_id: env.CLIENT_ID, access_token: token };
    const before = await app.apps.checkAuthorization(old);
    const response = await app.apps.resetAuthorization(old);
    reset = shown(response, 200);
    assert.notEqual(reset.token, token);
    assert.equal(reset.id, idOf(before));
    assert.equal(reset.created_at, before.data.created_at);
    assert.equal(reset.user.login, env.USER_LOGIN);
    await refused(404, app.apps.checkAuthorization(old));
    return "200, same id, new token; the old one is dead";
  });
  await step("revoke-authorization-for-application", async () => {
    const parameters = { client_id: env.CLIENT_ID, access_token: reset.token };
    const response = await app.apps.revokeAuthorizationForApplication(parameters);
    assert.equal(response.status, 204);
    await refused(404, app.apps.checkAuthorization(parameters));
    await refused(404, app.apps.revokeAuthorizationForApplication(parameters));
    shown(await app.apps.checkAuthorization({ client_id: env.CLIENT_ID, access_token: first.token }), 200);
    assert.ok(await grantOfApp());
    return "204, then 404; the other token and the grant stay";
  });
  await step("revoke-grant-for-application", async () => {
    const parameters = { client_id: env.CLIENT_ID, access_token: first.token };
    const response = await app.apps.revokeGrantForApplication(parameters);
    assert.equal(response.status, 204);
    assert.equal(await grantOfApp(), undefined);
    await refused(404, app.apps.checkAuthorization(parameters));
    await refused(404, oauth.getAuthorization({ authorization_id: first.id }));
    return "204; grant and tokens are gone";
  });
  await step("delete-grant", async () => {
    const one = shown(await oauth.createAuthorization({ ...app_params, note: "optional note", scopes: ["user"] }), 201);
    assert.equal(one.app.client_id, env.CLIENT_ID);
    const grant = await grantOfApp();
    const response = await oauth.deleteGrant({ grant_id: grant.id });
    assert.equal(response.status, 204);
    await refused(404, oauth.getGrant({ grant_id: grant.id }));
    await refused(404, oauth.deleteGrant({ grant_id: grant.id }));
    await refused(404, app.apps.checkAuthorization({ client_id: env.CLIENT_ID, access_token: one.token }));
    return "204, then 404; its token is dead";
  });
}

async function signingIn() {
  const otpPassword = { username: env.OTP_LOGIN, password: env.OTP_PASSWORD };

  await step("no credentials", async () => {
    const error = await refused(401, nobody.oauthAuthorizations.listAuthorizations());
    assert.match(error.message, /^Requires authentication/);
    return "401";
  });
  await step("wrong password", async () => {
    const wrong = client({ username: env.USER_LOGIN, password: "wrong" });
    const error = await refused(401, wrong.oauthAuthorizations.listAuthorizations());
    assert.match(error.message, /^Bad credentials/);
    assert.ok(!("x-github-otp" in headersOf(error)));
    hidden(await oauth.listAuthorizations());
    return "401, without X-GitHub-OTP";
  });
  await step("one-time password required", async () => {
    const error = await refused(401, client(otpPassword).oauthAuthorizations.listAuthorizations());
    assert.equal(headersOf(error)["x-github-otp"], "required; app");
    return "401 with X-GitHub-OTP: required; app";
  });
  await step("one-time password wrong", async () => {
    const wrong = client({ ...otpPassword, on2fa: () => "abcdef" });
    const error = await refused(401, wrong.oauthAuthorizations.listAuthorizations());
    assert.equal(headersOf(error)["x-github-otp"], "required; app");
    return "401, the same";
  });
  await step("fingerprint dance with one code", async () => {
    let asked = 0;
    const on2fa = () => {
      asked += 1;
      return totp(env.TOTP_SECRET);
    };
    const guarded = client({ ...otpPassword, on2fa });
    const parameters = { ...app_params, fingerprint: `dance-${run}` };
    const put = () => guarded.oauthAuthorizations.getOrCreateAuthorizationForAppAndFingerprint(parameters);
    const first = shown(await put(), 201);
    const gone = await guarded.oauthAuthorizations.deleteAuthorization({ authorization_id: first.id });
    assert.equal(gone.status, 204);
    const second = shown(await put(), 201);
    assert.notEqual(second.id, first.id);
    assert.equal(asked, 1);
    await forgetApp(guarded);
    return "201, 204, 201 with a new id; asked once";
  });
}

const FOURTEEN = [
  "GET /applications/grants",
  "GET /applications/grants/:grant_id",
  "DELETE /applications/grants/:grant_id",
  "GET /authorizations",
  "POST /authorizations",
  "PUT /authorizations/clients/:client_id",
  "PUT /authorizations/clients/:client_id/:fingerprint",
  "GET /authorizations/:authorization_id",
  "PATCH /authorizations/:authorization_id",
  "DELETE /authorizations/:authorization_id",
  "GET /applications/:client_id/tokens/:access_token",
  "POST /applications/:client_id/tokens/:access_token",
  "DELETE /applications/:client_id/tokens/:access_token",
  "DELETE /applications/:client_id/grants/:access_token",
];

async function main() {
  await personalTokens();
  await pages();
  await appTokens();
  await signingIn();
  await step("all fourteen operations", async () => {
    const missing = FOURTEEN.filter((operation) => !driven.has(operation));
    assert.deepEqual(missing, []);
    return "were sent";
  });
  process.exitCode = failures === 0 ? 0 : 1;
}

main();
