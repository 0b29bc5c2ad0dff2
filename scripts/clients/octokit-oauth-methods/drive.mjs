// npm's @octokit/oauth-methods, which sends tokens in bodies: what today's apps do
// with theirs. Its first tokens come through the device flow.
// What it needs stands in the environment: see ../lib.sh.

import { strict as assert } from "node:assert";
import {
  checkToken,
  createDeviceCode,
  deleteAuthorization,
  deleteToken,
  exchangeDeviceCode,
  refreshToken,
  resetToken,
  scopeToken,
} from "@octokit/oauth-methods";
import { request as octokitRequest } from "@octokit/request";
import { Person } from "./person.mjs";

const { API_URL, USER_LOGIN, USER_PASSWORD, CLIENT_ID, CLIENT_SECRET, EXPIRING_CLIENT_ID, EXPIRING_CLIENT_SECRET } =
  process.env;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const request = octokitRequest.defaults({ baseUrl: API_URL, request: { log } });
const app = { clientType: "oauth-app", clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, request };
// The library knows tokens that end for this type alone.
const expiring = {
  clientType: "github-app",
  clientId: EXPIRING_CLIENT_ID,
  clientSecret: EXPIRING_CLIENT_SECRET,
  request,
};

let failures = 0;
async function step(name, action) {
  try {
    console.log(`ok - ${name}: ${await action()}`);
  } catch (error) {
    failures += 1;
    console.log(`not ok - ${name}: ${String(error.message).split("\n").join(" ")}`);
  }
}

async function refused(status, promise) {
  const error = await promise.then(
    () => assert.fail(`not refused with ${status}`),
    (error) => error,
  );
  assert.equal(error.status, status, error.message);
}

const person = new Person(new URL(API_URL).origin);
await person.signIn(USER_LOGIN, USER_PASSWORD);

/** A fresh token of an app, through the device flow. */
async function fresh(of) {
  const { data } = await createDeviceCode({ ...of, scopes: ["repo", "gist"] });
  await person.approveDevice(data.user_code);
  return (await exchangeDeviceCode({ ...of, code: data.device_code })).authentication;
}

const me = (token) => request("GET /user", { headers: { authorization: `token ${token}` } });

await step("checkToken", async () => {
  const { token } = await fresh(app);
  const { data, authentication, status, headers } = await checkToken({ ...app, token });
  assert.deepEqual(authentication.scopes.sort(), ["gist", "repo"]);
  assert.deepEqual([status, data.token, data.user.login], [200, token, USER_LOGIN]);
  assert.equal(headers["cache-control"], "private, no-store");
  await refused(404, checkToken({ ...app, token: "none" }));
  await refused(401, checkToken({ ...app, token, clientSecret: "wrong" }));
  await refused(404, checkToken({ ...expiring, token }));
  return "200; 404 for none and for another app's, 401 for a wrong secret";
});

await step("resetToken", async () => {
  const { token } = await fresh(app);
  const { authentication, status } = await resetToken({ ...app, token });
  assert.equal(status, 200);
  assert.notEqual(authentication.token, token);
  await refused(404, checkToken({ ...app, token }));
  await refused(401, me(token));
  assert.equal((await me(authentication.token)).data.login, USER_LOGIN);
  return "200, and the old one is gone";
});

await step("deleteToken", async () => {
  const [{ token }, other] = [await fresh(app), await fresh(app)];
  assert.equal((await deleteToken({ ...app, token })).status, 204);
  await refused(404, deleteToken({ ...app, token }));
  await refused(401, me(token));
  await me(other.token);
  return "204, then 404; others live on";
});

await step("deleteAuthorization", async () => {
  const [{ token }, other] = [await fresh(app), await fresh(app)];
  assert.equal((await deleteAuthorization({ ...app, token })).status, 204);
  for (const ended of [token, other.token]) await refused(404, checkToken({ ...app, token: ended }));
  return "204, and every token of the app with it";
});

await step("refreshToken", async () => {
  const first = await fresh(expiring);
  const checked = await checkToken({ ...expiring, token: first.token });
  if (checked.data.expires_at) assert.ok(Math.abs(new Date(first.expiresAt) - new Date(checked.data.expires_at)) <= 2000);
  const { authentication } = await refreshToken({ ...expiring, refreshToken: first.refreshToken });
  assert.ok(new Date(authentication.expiresAt) > Date.now() + 7 * 3600_000);
  assert.ok(new Date(authentication.refreshTokenExpiresAt) > new Date(authentication.expiresAt));
  await refused(401, me(first.token));
  assert.equal((await me(authentication.token)).data.login, USER_LOGIN);
  const next = await refreshToken({ ...expiring, refreshToken: authentication.refreshToken });
  await refused(400, refreshToken({ ...expiring, refreshToken: first.refreshToken }));
  await refused(401, me(next.authentication.token));
  return "twice; the first one again ends them all";
});

await step("scopeToken", async () => {
  const { token } = await fresh(app);
  const wanted = { target: USER_LOGIN, permissions: { metadata: "read" } };
  await refused(404, scopeToken({ ...app, clientType: "github-app", token, ...wanted }));
  await me(token);
  return "404: an OAuth app has none";
});

await step("leaked tokens, reported", async () => {
  const [ended, other] = [await fresh(expiring), await fresh(app)];
  const credentials = [ended.refreshToken, other.token, "nothing"];
  assert.equal((await request("POST /credentials/revoke", { credentials })).status, 202);
  await refused(400, refreshToken({ ...expiring, refreshToken: ended.refreshToken }));
  for (const { token } of [ended, other]) await refused(401, me(token));
  return "202; a refresh token ends with what came of it";
});

process.exitCode = failures === 0 ? 0 : 1;
