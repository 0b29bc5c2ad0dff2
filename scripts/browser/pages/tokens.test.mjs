// Personal access tokens, authorized apps, the security log.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, look, visitor } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";
import { at, decide, faults, open, proveAgain, shown, signIn, submit } from "../lib/person.mjs";
import { callback } from "../clients/callback.mjs";

let grantd, browser, app;

before(async () => {
  grantd = await Grantd.start();
  grantd.user("admin", { admin: true });
  app = await callback("app.test");
  await grantd.serve();
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  app?.close();
  await grantd?.stop();
});

const user = async (token) => {
  const headers = { authorization: `token ${token}`, "user-agent": "tests" };
  const answer = await fetch(`${grantd.url}/api/v3/user`, { headers });
  return { status: answer.status, scopes: answer.headers.get("x-oauth-scopes") };
};

for (const js of [true, false]) {
  const how = js ? "with JavaScript" : "without JavaScript";

  test(`a token is made, shown once, made anew and deleted, ${how}`, async () => {
    const octocat = grantd.user(`octocat-${js}`);
    const v = await visitor(browser, grantd, { js });
    const { page, context } = v;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]).catch(() => {});
    await signIn(page, octocat);
    await page.goto("/settings/tokens");
    await look(v, "tokens-none");
    await open(page, "/settings/tokens/new", octocat);
    await look(v, "token-new");
    await page.locator('input[value="repo"]').check();
    await page.locator('input[value="read:org"]').check();
    await submit(page, "/settings/tokens", { note: "   ", expires: "30" });
    assert.ok(await faults(page).isVisible());
    assert.ok(await page.locator('input[value="repo"]').isChecked(), "what was ticked stays ticked");
    await look(v, "token-new-wrong");
    await submit(page, "/settings/tokens", { note: "for a script with a rather long name that has to go somewhere", expires: "30" });
    const token = await shown(page, "token");
    assert.match(token, /^gtp_/);
    await look(v, "token-shown");
    if (js) {
      await page.locator('button[data-copy="token"]').click();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token);
      assert.notEqual(await shown(page, "token-copied"), "");
    } else {
      assert.ok(!(await page.locator('button[data-copy="token"]').isVisible()));
    }
    assert.deepEqual(await user(token), { status: 200, scopes: "read:org, repo" });
    await page.goto("/settings/tokens");
    assert.ok(!(await page.content()).includes(token), "it is shown once");
    await look(v, "tokens");

    const [path] = /\/settings\/tokens\/\d+/.exec(await page.locator('a[href$="/delete"]').getAttribute("href"));
    await page.goto(path);
    await look(v, "token-rename");
    await submit(page, path, { note: "   " });
    assert.ok(await faults(page).isVisible());
    await look(v, "token-rename-wrong");
    await submit(page, path, { note: "for another script" });
    assert.equal(at(page), "/settings/tokens");
    assert.match(await page.locator("li.item").textContent(), /for another script/);
    assert.deepEqual(await user(token), { status: 200, scopes: "read:org, repo" });

    await page.locator('a[href$="/regenerate"]').click();
    await proveAgain(page, octocat);
    await look(v, "token-regenerate");
    await submit(page, "/settings/tokens/", { expires: "never" });
    const next = await shown(page, "token");
    assert.notEqual(next, token);
    assert.equal((await user(token)).status, 401);
    assert.equal((await user(next)).status, 200);

    await page.goto("/settings/tokens");
    await page.locator('a[href$="/delete"]').click();
    await look(v, "token-delete");
    await submit(page, "/settings/tokens/");
    assert.equal((await user(next)).status, 401);
    assert.equal(await page.locator("li.item").count(), 0);
    await page.goto("/settings/security-log");
    await look(v, "security-log-tokens");
    await context.close();
  });

  test(`authorized apps are seen and taken back, one and all, ${how}`, async () => {
    const octocat = grantd.user(`mona-${js}`);
    const v = await visitor(browser, grantd, { js });
    const { page, context } = v;
    await signIn(page, octocat);
    await page.goto("/settings/applications");
    await look(v, "applications-none");
    const names = ["First", "Second", "Third"].map((name) => `${name} app ${js}`);
    const tokens = [];
    for (const name of names) {
      const { client_id: id, client_secret: secret } = grantd.app(name, { owner: "admin", callbacks: [app.url] });
      await decide(page, `/login/oauth/authorize?client_id=${id}&scope=repo+user:email+workflow`, octocat);
      const code = (await app.next()).searchParams.get("code");
      const body = new URLSearchParams({ client_id: id, client_secret: secret, code });
      const headers = { accept: "application/json" };
      const answer = await fetch(`${grantd.url}/login/oauth/access_token`, { method: "POST", body, headers });
      tokens.push((await answer.json()).access_token);
    }
    for (const token of tokens) assert.equal((await user(token)).status, 200);
    await page.goto("/settings/applications");
    assert.equal(await page.locator("li.item").count(), 3);
    await look(v, "applications");
    await page.getByRole("link", { name: names[0], exact: true }).click();
    assert.match(at(page), /^\/settings\/connections\/applications\//);
    await look(v, "application");
    await page.locator('main a[href$="/revoke"]').click();
    await proveAgain(page, octocat);
    await look(v, "application-revoke");
    await submit(page, "/settings/applications/");
    assert.equal(await page.locator("li.item").count(), 2);
    assert.deepEqual(await Promise.all(tokens.map(async (token) => (await user(token)).status)), [401, 200, 200]);
    await page.locator('main a[href="/settings/applications/revoke"]').click();
    await proveAgain(page, octocat);
    await look(v, "applications-revoke");
    await submit(page, "/settings/applications/revoke");
    assert.equal(await page.locator("li.item").count(), 0);
    assert.deepEqual(await Promise.all(tokens.map(async (token) => (await user(token)).status)), [401, 401, 401]);
    await context.close();
  });
}
