// The consent page and the device's page: what they show, what a yes and a no
// do, what a stranger's link cannot.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, look, visitor } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";
import { at, faults, form, settle, signIn, signInHere, submit } from "../lib/person.mjs";
import { callback } from "../clients/callback.mjs";

let grantd, browser, app, ours, local, octocat;

before(async () => {
  grantd = await Grantd.start();
  octocat = grantd.user("octocat");
  app = await callback("app.test");
  ours = grantd.app("Continuous <b>integration</b> & more", { owner: "octocat", callbacks: [app.url] });
  local = grantd.app("A tool at home", { owner: "octocat", callbacks: ["http://127.0.0.1/callback"], isPublic: true });
  await grantd.serve();
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  app?.close();
  await grantd?.stop();
});

const authorize = (values) => `/login/oauth/authorize?${new URLSearchParams(values)}`;

/** A device that asks for a code. */
async function device(id = ours.client_id) {
  const body = new URLSearchParams({ client_id: id, scope: "repo read:org" });
  const answer = await fetch(`${grantd.url}/login/device/code`, { method: "POST", body, headers: { accept: "application/json" } });
  return answer.json();
}

const poll = async (code) => {
  const grant = "urn:ietf:params:oauth:grant-type:device_code";
  const body = new URLSearchParams({ client_id: ours.client_id, device_code: code, grant_type: grant });
  const answer = await fetch(`${grantd.url}/login/oauth/access_token`, { method: "POST", body, headers: { accept: "application/json" } });
  return answer.json();
};

for (const js of [true, false]) {
  const how = js ? "with JavaScript" : "without JavaScript";

  test(`the consent page shows what is asked, and sends back a yes and a no, ${how}`, async () => {
    const v = await visitor(browser, grantd, { js });
    const { page, context } = v;
    const mona = grantd.user(`mona-${js}`);
    const state = "a b&c=ü%00";
    await page.goto(authorize({ client_id: ours.client_id, scope: "repo,user:email", state, login: mona.login }));
    assert.equal(at(page), "/login");
    await look(v, "login-for-app");
    assert.equal(await page.locator('[name="login"]').inputValue(), mona.login);
    await signInHere(page, mona);
    await settle(page);
    await look(v, "consent");
    const text = await page.locator("main").textContent();
    assert.ok(text.includes("Continuous <b>integration</b> & more"), "the name is text, not markup");
    assert.ok(text.includes("app.test"), "where it leads");
    await submit(page, "/login/oauth/authorize", {}, 'button[value="deny"]');
    let back = await app.next();
    assert.equal(back.searchParams.get("error"), "access_denied");
    assert.equal(back.searchParams.get("state"), state);
    await page.goto(authorize({ client_id: ours.client_id, scope: "repo,user:email", state, prompt: "consent" }));
    await submit(page, "/login/oauth/authorize", {}, 'button[value="approve"]');
    back = await app.next();
    assert.match(back.searchParams.get("code"), /^[0-9a-f]{20}$/);
    assert.equal(back.searchParams.get("iss"), grantd.url);
    await page.goto(authorize({ client_id: ours.client_id, scope: "repo,user:email,workflow,admin:org", state }));
    assert.equal(at(page), "/login/oauth/authorize", "more than before is asked about");
    await look(v, "consent-more");
    await page.goto(authorize({ client_id: ours.client_id, scope: "", prompt: "consent" }));
    await look(v, "consent-no-scopes");
    await context.close();
  });

  test(`what cannot be asked is a page of ours, ${how}`, async () => {
    const v = await visitor(browser, grantd, { js });
    const { page, context } = v;
    await signIn(page, octocat);
    await page.goto(authorize({ client_id: "nobody" }));
    await look(v, "consent-unknown-app");
    const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const pkce = { code_challenge: challenge, code_challenge_method: "S256" };
    await page.goto(authorize({ client_id: local.client_id, redirect_uri: "http://127.0.0.1:9/callback", scope: "gist", ...pkce }));
    await look(v, "consent-at-home");
    await page.goto(authorize({ client_id: ours.client_id, redirect_uri: "http://evil.test/", state: "s" }));
    const back = await app.next();
    assert.equal(back.searchParams.get("error"), "redirect_uri_mismatch");
    grantd.run(["app", "suspend", ours.client_id]);
    await page.goto(authorize({ client_id: ours.client_id }));
    assert.equal(at(page), "/login/oauth/authorize");
    await look(v, "consent-suspended-app");
    grantd.run(["app", "unsuspend", ours.client_id]);
    await context.close();
  });

  test(`a device's code is typed, looked at and decided about, ${how}`, async () => {
    const v = await visitor(browser, grantd, { js });
    const { page, context } = v;
    const { device_code: code, user_code: typed } = await device();
    await page.goto(`/login/device?user_code=${typed}`);
    await signInHere(page, octocat);
    await settle(page);
    assert.equal(await page.locator('[name="user_code"]').inputValue(), "", "a link never brings the code");
    await look(v, "device");
    await submit(page, "/login/device", { user_code: "BBBB-BBBB" });
    assert.ok(await faults(page).isVisible());
    await look(v, "device-wrong");
    await submit(page, "/login/device", { user_code: typed.toLowerCase().replace("-", " ") });
    await look(v, "device-decide");
    assert.equal((await poll(code)).error, "authorization_pending");
    await submit(page, "/login/device/decision", {}, 'button[value="approve"]');
    assert.equal(at(page), "/login/device/done");
    await look(v, "device-done");
    await new Promise((resolve) => setTimeout(resolve, 5_200));
    assert.match((await poll(code)).access_token, /^gto_/);

    const second = await device();
    await page.goto("/login/device");
    await submit(page, "/login/device", { user_code: second.user_code });
    await submit(page, "/login/device/decision", {}, 'button[value="deny"]');
    assert.equal((await poll(second.device_code)).error, "access_denied");
    assert.equal(await form(page, "/login/device/decision").count(), 0);
    await look(v, "device-denied");
    await context.close();
  });
}

test("sec_s42_no page can be framed, and no other site's form decides", async () => {
  const { page, context } = await visitor(browser, grantd);
  await signIn(page, octocat);
  const evil = await context.newPage();
  const address = `${grantd.url}${authorize({ client_id: ours.client_id, scope: "delete_repo", prompt: "consent" })}`;
  await evil.route("http://evil.test/**", (route) =>
    route.fulfill({ contentType: "text/html", body: `<!DOCTYPE html><iframe src="${address.replaceAll("&", "&amp;")}"></iframe>` }),
  );
  await evil.goto("http://evil.test/");
  await evil.waitForTimeout(500);
  const frame = evil.frames()[1];
  assert.ok(!frame || !(await frame.content()).includes("<form"), "the consent page was framed");
  const fields = `<input name="decision" value="approve"><input name="request" value="client_id=${ours.client_id}&amp;scope=delete_repo">`;
  await evil.unroute("http://evil.test/**");
  await evil.route("http://evil.test/**", (route) =>
    route.fulfill({ contentType: "text/html", body: `<!DOCTYPE html><form method="post" action="${grantd.url}/login/oauth/authorize">${fields}<button>win</button></form>` }),
  );
  await evil.goto("http://evil.test/");
  await evil.locator("button").click();
  await evil.waitForLoadState("load");
  assert.ok(!evil.url().startsWith(app.url), `another site's form was believed: ${evil.url()}`);
  await context.close();
});
