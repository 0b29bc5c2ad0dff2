// Passkeys with Chromium's virtual authenticator: enrolled, used to sign in, as
// the second step and to prove oneself again, renamed, removed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authenticator, launch, look, visitor } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";
import { at, faults, form, isSignedIn, open, proveAgain, settle, signIn, signOut, submit } from "../lib/person.mjs";

let grantd, browser, octocat, hubot;

before(async () => {
  grantd = await Grantd.start();
  octocat = grantd.user("octocat");
  hubot = grantd.user("hubot", { totp: true });
  await grantd.serve();
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  await grantd?.stop();
});

const passkeyForm = (page) => page.locator("form[data-passkey]");

/** Presses a passkey button, and waits for where it leads. */
async function press(page, button) {
  const here = page.url();
  await button.click();
  await page.waitForURL((url) => url.href !== here);
  await settle(page);
}

/** Presses the button, and is told that it did not work: by the browser's own fault in the page's words. */
async function isRefused(page, byBrowser = true) {
  await passkeyForm(page).locator("button").click();
  await page.waitForFunction(() => !document.querySelector("form[data-passkey] button").disabled);
  const told = await passkeyForm(page).locator("[role=status]").textContent();
  assert.notEqual(told, "");
  assert.equal(told === (await passkeyForm(page).getAttribute("data-refused")), byBrowser, told);
}

async function addPasskey(page, user, name) {
  await open(page, "/settings/passkeys/new", user);
  await passkeyForm(page).locator('[name="name"]').fill(name);
  await press(page, passkeyForm(page).locator("button"));
  assert.equal(at(page), "/settings/passkeys");
}

test("a passkey is enrolled, signs in alone, proves its owner again, is renamed and removed", async () => {
  const v = await visitor(browser, grantd);
  const { page, context } = v;
  const { session, authenticatorId } = await authenticator(page);
  await signIn(page, octocat);
  await page.goto("/settings/passkeys");
  await look(v, "passkeys-none");
  await open(page, "/settings/passkeys/new", octocat);
  await look(v, "passkey-new");
  await addPasskey(page, octocat, "my laptop");
  await look(v, "passkeys");
  const { credentials } = await session.send("WebAuthn.getCredentials", { authenticatorId });
  assert.equal(credentials.length, 1);
  // The same device is not enrolled twice.
  await open(page, "/settings/passkeys/new", octocat);
  await passkeyForm(page).locator('[name="name"]').fill("my laptop again");
  await isRefused(page);
  await look(v, "passkey-refused");

  await signOut(page);
  await page.goto("/login");
  await press(page, passkeyForm(page).locator("button"));
  assert.ok(await isSignedIn(page), "signed in by passkey alone");
  await page.goto("/sudo");
  await look(v, "sudo-passkey");
  await press(page, passkeyForm(page).locator("button"));
  await page.goto("/settings/tokens/new");
  assert.equal(at(page), "/settings/tokens/new", "proved again");

  await page.goto("/settings/passkeys");
  await page.locator('li.item a[href^="/settings/passkeys/"]').first().click();
  await look(v, "passkey-rename");
  await submit(page, "/settings/passkeys/", { name: "my old laptop" });
  assert.match(await page.locator("main").textContent(), /my old laptop/);

  // The rest without JavaScript: managing needs none.
  const plain = await visitor(browser, grantd, { js: false });
  await signIn(plain.page, octocat);
  await plain.page.goto("/settings/passkeys/new");
  await proveAgain(plain.page, octocat);
  assert.ok(!(await passkeyForm(plain.page).isVisible()));
  await look(plain, "passkey-new");
  await plain.page.goto("/settings/passkeys");
  await look(plain, "passkeys");
  await plain.page.locator('li.item a[href^="/settings/passkeys/"]').first().click();
  await submit(plain.page, "/settings/passkeys/", { name: "   " });
  assert.ok((await faults(plain.page).count()) > 0, "a name is wanted");
  await submit(plain.page, "/settings/passkeys/", { name: "my oldest laptop" });
  await plain.page.locator('li.item a[href$="/remove"]').click();
  await proveAgain(plain.page, octocat);
  await look(plain, "passkey-remove");
  await submit(plain.page, "/settings/passkeys/");
  assert.equal(await plain.page.locator("li.item").count(), 0);

  // Whoever takes a factor away is signed out everywhere else; and a removed passkey opens nothing.
  await page.goto("/settings");
  assert.equal(at(page), "/login");
  await isRefused(page, false);
  assert.ok(!(await isSignedIn(page)));
  await look(v, "login-passkey-refused");
  await plain.context.close();
  await context.close();
});

test("a passkey is the second step, and is removed with JavaScript, too", async () => {
  const v = await visitor(browser, grantd);
  const { page, context } = v;
  await authenticator(page);
  await signIn(page, hubot);
  await addPasskey(page, hubot, "a key");
  await signOut(page);
  await page.goto("/login");
  await submit(page, "/login", { login: "hubot", password: hubot.password });
  assert.equal(at(page), "/login/two-factor");
  await look(v, "two-factor-passkey");
  await press(page, passkeyForm(page).locator("button"));
  assert.ok(await isSignedIn(page));
  await page.goto("/settings/passkeys");
  await page.locator('li.item a[href$="/remove"]').click();
  await proveAgain(page, hubot);
  await look(v, "passkey-remove");
  await submit(page, "/settings/passkeys/");
  assert.equal(await form(page, "/settings/passkeys/").count(), 0);
  await context.close();
});

test("somebody without a passkey, and a device that says no, get words", async () => {
  const v = await visitor(browser, grantd);
  const { page, context } = v;
  const { session, authenticatorId } = await authenticator(page);
  await page.goto("/login");
  await isRefused(page);
  await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await signIn(page, octocat);
  await open(page, "/settings/passkeys/new", octocat);
  await passkeyForm(page).locator('[name="name"]').fill("unverified");
  await isRefused(page);
  await page.goto("/settings/passkeys");
  assert.equal(await page.locator("li.item").count(), 0);
  await context.close();
});
