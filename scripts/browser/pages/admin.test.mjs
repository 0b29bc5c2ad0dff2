// The site admin's pages: users, invitations, apps, tokens, audit.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, look, visitor } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";
import { at, faults, form, open, proveAgain, shown, signIn, submit } from "../lib/person.mjs";

let grantd, browser, admin;

before(async () => {
  grantd = await Grantd.start();
  admin = grantd.user("admin", { admin: true });
  grantd.user("octocat");
  grantd.user("hubot", { totp: true });
  await grantd.serve();
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  await grantd?.stop();
});

/** Presses one of several buttons of a form; afterwards the admin may have to prove themselves. */
async function act(page, path, name, values = {}) {
  const it = page.locator(`form[action="${path}"]`).filter({ has: page.locator(`button[value="${name}"]`) });
  for (const [field, value] of Object.entries(values)) await it.locator(`[name="${field}"]`).fill(value);
  await it.locator(`button[value="${name}"]`).click();
  await page.waitForLoadState("load");
  if (at(page) === "/sudo") {
    await proveAgain(page, admin);
    await page.goto(path);
    return act(page, path, name, values);
  }
}

for (const js of [true, false]) {
  const how = js ? "with JavaScript" : "without JavaScript";

  test(`users are found, invited, suspended, promoted and deleted, ${how}`, async () => {
    const v = await visitor(browser, grantd, { js });
    const { page, context } = v;
    await signIn(page, admin);
    await page.goto("/site-admin");
    await look(v, "admin-users");
    await submit(page, "/site-admin", { q: "octo" });
    assert.equal(await page.locator("li.item").count(), 1);
    await page.goto("/site-admin?q=nobody");
    await look(v, "admin-users-none");

    const login = `mona-${js}`;
    await open(page, "/site-admin/invitations", admin);
    await look(v, "admin-invite");
    await submit(page, "/site-admin/invitations", { login: "-", email: "" });
    assert.ok(await faults(page).isVisible());
    await submit(page, "/site-admin/invitations", { login });
    if (at(page) === "/sudo") {
      await proveAgain(page, admin);
      await page.goto("/site-admin/invitations");
      await submit(page, "/site-admin/invitations", { login });
    }
    const link = new URL(await shown(page, "link"));
    await look(v, "admin-invited");
    const guest = await visitor(browser, grantd, { js });
    await guest.page.goto(link.pathname);
    assert.equal(await form(guest.page, "/invitations/").count(), 1);
    await guest.context.close();

    const path = "/site-admin/users/octocat";
    await page.goto(path);
    await look(v, "admin-user");
    await act(page, path, "suspend");
    await page.goto(path);
    await look(v, "admin-user-suspended");
    await act(page, path, "restore");
    await act(page, path, "promote");
    await page.goto(path);
    await act(page, path, "demote");
    await page.goto(path);
    assert.equal(await page.locator('button[value="promote"]').count(), 1);
    await act(page, path, "reset");
    await look(v, "admin-user-reset");
    const gone = grantd.user(`gone-${js}`).login;
    const other = `/site-admin/users/${gone}`;
    await page.goto(other);
    await act(page, other, "delete", { confirm: gone });
    await page.goto(`/site-admin?q=${gone}`);
    assert.equal(await page.locator("li.item").count(), 0);
    await page.goto("/site-admin/users/admin");
    await look(v, "admin-oneself");
    await context.close();
  });

  test(`apps and tokens are found and ended, and all of it is in the audit, ${how}`, async () => {
    const v = await visitor(browser, grantd, { js });
    const { page, context } = v;
    const { client_id: id, client_secret: secret } = grantd.app(`An app ${js}`, { owner: "octocat", callbacks: ["https://app.example/callback"] });
    const password = "the long password of octocat";
    const create = async (body) => {
      const authorization = `Basic ${Buffer.from(`octocat:${password}`).toString("base64")}`;
      const headers = { authorization, "user-agent": "tests" };
      const answer = await fetch(`${grantd.url}/api/v3/authorizations`, { method: "POST", body: JSON.stringify(body), headers });
      return (await answer.json()).token;
    };
    const token = await create({ client_id: id, client_secret: secret, scopes: ["repo"] });
    await signIn(page, admin);
    await page.goto("/site-admin/tokens");
    await look(v, "admin-tokens");
    await submit(page, "/site-admin/tokens", { what: token.slice(-8) });
    assert.equal(await page.locator("li.item").count(), 1);
    await look(v, "admin-tokens-found");
    await submit(page, "/site-admin/tokens/");
    if (at(page) === "/sudo") {
      await proveAgain(page, admin);
      await page.goto("/site-admin/tokens");
      await submit(page, "/site-admin/tokens", { what: token });
      await submit(page, "/site-admin/tokens/");
    }
    const used = await fetch(`${grantd.url}/api/v3/user`, { headers: { authorization: `token ${token}`, "user-agent": "tests" } });
    assert.equal(used.status, 401);
    await page.goto("/site-admin/tokens");
    await submit(page, "/site-admin/tokens", { what: "00000000" });
    await look(v, "admin-tokens-none");

    await page.goto("/site-admin/apps");
    await look(v, "admin-apps");
    await page.locator("#q").fill(`APP ${js}`);
    await page.locator("main form button").click();
    await page.waitForLoadState("load");
    assert.equal(await page.locator("li.item").count(), 1);
    await look(v, "admin-apps-found");
    await page.goto("/site-admin/apps?q=nothing-is-called-so");
    assert.equal(await page.locator("li.item").count(), 0);
    await look(v, "admin-apps-none");
    const path = `/site-admin/apps/${id}`;
    await page.goto(path);
    await look(v, "admin-app");
    await act(page, path, "suspend");
    await page.goto(path);
    await look(v, "admin-app-suspended");
    await act(page, path, "restore");
    await page.goto(path);
    await act(page, path, "delete", { confirm: `An app ${js}` });
    await page.goto("/site-admin/audit");
    await look(v, "admin-audit");
    await submit(page, "/site-admin/audit", { user: "octocat" });
    assert.ok((await page.locator("tbody tr").count()) > 0);
    await page.goto("/site-admin/audit?user=nobody");
    await look(v, "admin-audit-none");
    await context.close();
  });
}

test("nobody else gets in", async () => {
  const v = await visitor(browser, grantd);
  const octocat = grantd.user("not-an-admin");
  await signIn(v.page, octocat);
  for (const path of ["/site-admin", "/site-admin/apps", "/site-admin/tokens", "/site-admin/audit", "/site-admin/users/octocat", "/site-admin/invitations"]) {
    const answer = await v.page.goto(path);
    assert.equal(answer.status(), 404, path);
  }
  await v.context.close();
});
