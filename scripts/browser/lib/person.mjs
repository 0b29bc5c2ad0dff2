// What a person does on the pages. Every form is found by where it goes and
// what its fields are called; words are for the tests of words.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const totp = createRequire(import.meta.url)("../../clients/octokit-rest/totp.js");

/** The form that posts to a path that begins so. */
export const form = (page, action) => page.locator(`form[action^="${action}"]`);

export const at = (page) => new URL(page.url()).pathname;

/** Sends a form and waits for what comes after it. */
export async function submit(page, action, values = {}, button = "button") {
  const it = form(page, action).first();
  for (const [name, value] of Object.entries(values)) {
    const field = it.locator(`[name="${name}"]`);
    const kind = await field.first().evaluate((element) => element.type);
    if (kind === "checkbox" || kind === "radio") await field.setChecked(value);
    else if (kind.startsWith("select")) await field.selectOption(value);
    else await field.fill(value);
  }
  await it.locator(button).first().click();
  await page.waitForLoadState("load");
}

/** The text of what is shown once, with its copy button where scripts run. */
export const shown = async (page, id) => (await page.locator(`#${id}`).textContent()).trim();

/** What a page says is wrong with a form. */
export const faults = (page) => page.locator("#faults");

/** Fills every field of a kind in a form alike. */
export async function alike(page, action, kind, value) {
  const fields = form(page, action).first().locator(`input[type=${kind}]`);
  const names = await fields.evaluateAll((all) => all.map((one) => one.name));
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** A code of the present step; `spent` is one that may not come again. */
export async function code(user, spent) {
  for (;;) {
    const present = totp(user.totp_secret);
    if (present !== spent) return present;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Fills in the sign-in page that the browser stands at, and the second step if there is one. */
export async function signInHere(page, user, secondFactor) {
  assert.equal(at(page), "/login");
  await submit(page, "/login", { login: user.login, password: user.password });
  if (at(page) !== "/login/two-factor") return;
  const value = secondFactor ?? (await code(user, user.spent));
  user.spent = value;
  await submit(page, "/login/two-factor", { code: value });
}

export async function signIn(page, user, secondFactor) {
  await page.goto("/login");
  await signInHere(page, user, secondFactor);
  await settle(page);
  assert.ok(await isSignedIn(page), `${user.login} is not signed in, and stands at ${page.url()}`);
}

/** Every page offers the end of the session, where there is one. */
export const isSignedIn = async (page) => (await form(page, "/logout").count()) > 0;

/** The page after a sign-in goes on by itself. */
export async function settle(page) {
  if (at(page) === "/login/done") await page.waitForURL((url) => url.pathname !== "/login/done");
}

export async function signOut(page) {
  await page.goto("/settings");
  await submit(page, "/logout");
}

/** Opens a page that wants the password again, if it does. */
export async function open(page, path, user) {
  await page.goto(path);
  await proveAgain(page, user);
  assert.equal(at(page), new URL(path, page.url()).pathname);
}

export async function proveAgain(page, user) {
  if (at(page) !== "/sudo") return;
  const second = (await form(page, "/sudo").locator('[name="code"]').count()) > 0;
  const values = { password: user.password };
  if (second) values.code = user.spent = await code(user, user.spent);
  await submit(page, "/sudo", values);
}

/** Follows an app's address, signs in where asked, and decides. */
export async function decide(page, address, user, decision = "approve") {
  await page.goto(address);
  if (at(page) === "/login") {
    await signInHere(page, user);
    await settle(page);
  }
  if (at(page) !== "/login/oauth/authorize") return;
  await submit(page, "/login/oauth/authorize", {}, `button[value="${decision}"]`);
}

/** Types a device's code, and decides. */
export async function decideDevice(page, user, userCode, decision = "approve") {
  await page.goto("/login/device");
  if (at(page) === "/login") {
    await signInHere(page, user);
    await settle(page);
  }
  await submit(page, "/login/device", { user_code: userCode });
  await submit(page, "/login/device/decision", {}, `button[value="${decision}"]`);
}

/** Takes back what an app was given. */
export async function revoke(page, user, app) {
  await page.goto("/settings/applications");
  if (at(page) === "/login") {
    await signInHere(page, user);
    await page.goto("/settings/applications");
  }
  const item = page.locator("li.item").filter({ has: page.getByRole("link", { name: app, exact: true }) });
  await item.locator('a[href$="/revoke"]').click();
  await proveAgain(page, user);
  await submit(page, "/settings/applications/");
  assert.equal(at(page), "/settings/applications");
  assert.equal(await page.getByRole("link", { name: app, exact: true }).count(), 0, `${app} is still there`);
}
