// npm's @octokit/oauth-app completes the web flow through the consent page,
// and @octokit/auth-oauth-device the device flow while the browser approves.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createOAuthDeviceAuth } from "@octokit/auth-oauth-device";
import { Octokit } from "@octokit/core";
import { OAuthApp } from "@octokit/oauth-app";
import { request } from "@octokit/request";
import { callback } from "./callback.mjs";
import { launch, visitor } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";
import { at, decide, decideDevice, revoke } from "../lib/person.mjs";

let grantd, browser, web, local, octocat, baseUrl;

before(async () => {
  grantd = await Grantd.start();
  octocat = grantd.user("octocat", { totp: true });
  // One app on the web, and one on the person's own machine.
  web = await callback("app.test");
  local = await callback();
  await grantd.serve();
  baseUrl = `${grantd.url}/api/v3`;
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  web?.close();
  local?.close();
  await grantd?.stop();
});

const ask = request.defaults({ headers: { "user-agent": "grantd-browser-tests" } });
const me = (token) => ask(`GET ${baseUrl}/user`, { headers: { authorization: `bearer ${token}` } });

async function refused(token) {
  await assert.rejects(me(token), (error) => error.status === 401);
}

test("@octokit/oauth-app gets a token through the consent page, and none without a yes", async () => {
  const registered = grantd.app("Octokit on the web", { owner: "octocat", callbacks: [web.url] });
  const app = new OAuthApp({
    clientType: "oauth-app",
    clientId: registered.client_id,
    clientSecret: registered.client_secret,
    Octokit: Octokit.defaults({ baseUrl }),
  });
  const { page, context } = await visitor(browser, grantd);
  const address = (state, scopes) => app.getWebFlowAuthorizationUrl({ state, scopes, allowSignup: false }).url;

  await decide(page, address("no thanks", ["repo"]), octocat, "deny");
  let back = await web.next();
  assert.equal(back.searchParams.get("error"), "access_denied");
  assert.equal(back.searchParams.get("state"), "no thanks");
  assert.equal(back.searchParams.get("iss"), grantd.url);

  await decide(page, address("first", ["repo", "gist"]), octocat);
  back = await web.next();
  assert.equal(back.searchParams.get("state"), "first");
  assert.equal(back.searchParams.get("iss"), grantd.url);
  const { authentication } = await app.createToken({ code: back.searchParams.get("code") });
  // It splits at spaces what GitHub joins with commas.
  assert.deepEqual(authentication.scopes, ["repo,gist"]);
  const { data, headers } = await me(authentication.token);
  assert.equal(data.login, "octocat");
  assert.equal(headers["x-oauth-scopes"], "gist, repo");

  // The same or less again is not asked about; more is.
  await page.goto(address("second", ["gist"]));
  back = await web.next();
  const second = await app.createToken({ code: back.searchParams.get("code") });
  assert.deepEqual(second.authentication.scopes, ["gist"]);
  await page.goto(address("third", ["repo", "workflow"]));
  assert.equal(at(page), "/login/oauth/authorize");

  // A code works once, and its replay ends what it made.
  await assert.rejects(app.createToken({ code: back.searchParams.get("code") }), /incorrect or expired/);
  await refused(second.authentication.token);
  await me(authentication.token);

  await revoke(page, octocat, "Octokit on the web");
  await refused(authentication.token);
  await page.goto(address("fourth", ["gist"]));
  assert.equal(at(page), "/login/oauth/authorize", "after a revocation it is asked about again");
  await context.close();
});

test("an app on the person's own machine is always asked about, without JavaScript too", async () => {
  const registered = grantd.app("Octokit at home", { owner: "octocat", callbacks: ["http://127.0.0.1/callback"] });
  const app = new OAuthApp({
    clientType: "oauth-app",
    clientId: registered.client_id,
    clientSecret: registered.client_secret,
    Octokit: Octokit.defaults({ baseUrl }),
  });
  const { page, context } = await visitor(browser, grantd, { js: false, scheme: "dark", width: 360 });
  for (const state of ["once", "again"]) {
    const { url } = app.getWebFlowAuthorizationUrl({ state, scopes: ["read:user"], redirectUrl: local.url });
    await decide(page, url, octocat);
    const back = await local.next();
    assert.equal(back.searchParams.get("state"), state);
    const { authentication } = await app.createToken({ code: back.searchParams.get("code"), redirectUrl: local.url });
    assert.equal((await me(authentication.token)).data.id, octocat.id);
  }
  await context.close();
});

test("@octokit/auth-oauth-device gets its token while the browser approves", async () => {
  const registered = grantd.app("Octokit on a device", { owner: "octocat", callbacks: [web.url] });
  const { page, context } = await visitor(browser, grantd);
  let approved;
  const auth = createOAuthDeviceAuth({
    clientType: "oauth-app",
    clientId: registered.client_id,
    scopes: ["repo", "read:org"],
    onVerification: ({ user_code: userCode, verification_uri: address }) => {
      assert.equal(address, `${grantd.url}/login/device`);
      approved = decideDevice(page, octocat, userCode);
    },
    request: ask.defaults({ baseUrl }),
  });
  const { token, scopes } = await auth({ type: "oauth" });
  await approved;
  assert.deepEqual(scopes, ["repo,read:org"]);
  assert.equal((await me(token)).data.login, "octocat");
  await revoke(page, octocat, "Octokit on a device");
  await refused(token);
  await context.close();
});
