// Debian's Chromium, and what every page is held to: nothing for axe to find,
// nothing wider than the window, nothing from elsewhere, no complaint on the
// console, little weight; and a picture of it.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { note } from "./coverage.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.SCREENSHOTS ?? join(import.meta.dirname, "../../../target/screenshots");
mkdirSync(pictures, { recursive: true });

/** Over the wire, all parts together, with an empty cache. */
const HEAVIEST = 30_000;

/** The same page, seen so; in a quick run, two of four, and one where scripts are off. */
const LOOKS = [
  { scheme: "light", width: 1440 },
  { scheme: "dark", width: 360 },
  { scheme: "dark", width: 1440 },
  { scheme: "light", width: 360 },
];
const looksOf = (js) => (process.env.QUICK ? LOOKS.slice(js ? 0 : 1, 2) : LOOKS);

export async function launch(grantd) {
  const names = [`MAP ${new URL(grantd.url).hostname} 127.0.0.1`, "MAP *.test 127.0.0.1"];
  if (grantd.url.startsWith("https:")) {
    names.unshift(`MAP ${new URL(grantd.url).hostname}:443 127.0.0.1:${grantd.port}`);
  }
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [`--host-resolver-rules=${names.join(",")}`, ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
  });
}

/** A person's browser: cookies of its own, with or without JavaScript. */
export async function visitor(browser, grantd, { js = true, scheme = "light", width = 1440, language = "en" } = {}) {
  const context = await browser.newContext({
    baseURL: grantd.url,
    javaScriptEnabled: js,
    colorScheme: scheme,
    viewport: { width, height: 900 },
    locale: language,
    ignoreHTTPSErrors: true,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  note(page, grantd, js);
  const complaints = watch(page, grantd);
  return { context, page, complaints, js, grantd };
}

/** What must never happen on our own pages, gathered as it does. */
function watch(page, grantd) {
  const complaints = [];
  const ours = () => page.url().startsWith(grantd.url);
  page.on("console", (message) => {
    // A refusal's own status is what the test asked for.
    const status = /the server responded with a status of/.test(message.text());
    if (ours() && !status && ["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    const own = url.startsWith(`${grantd.url}/`) || url.startsWith("data:");
    if (ours() && !request.isNavigationRequest() && !own) complaints.push(`asks elsewhere: ${url}`);
  });
  return complaints;
}

/** Holds the page as it stands to everything, and keeps a picture of it called `name`. */
export async function look({ page, complaints, js }, name, looks = looksOf(js)) {
  for (const { scheme, width } of looks) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    const path = join(pictures, `${name}-${width}-${scheme}${js ? "" : "-nojs"}.png`);
    await page.screenshot({ path, fullPage: true });
    const inner = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(inner <= width, `${name} is ${inner} px wide in a window of ${width} px`);
    const judged = js ? page : await twin(page, { scheme, width });
    assert.deepEqual(await violations(judged), [], `${name}, ${scheme}, ${width} px`);
    if (judged !== page) await judged.context().close();
  }
  assert.deepEqual(complaints, [], `${name}: the console`);
}

/** What axe finds, in short. */
async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const options = { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
    const { violations } = await globalThis.axe.run(document, options);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  });
}

/** Where scripts are off axe cannot run either: the same document, in a browser where only axe may. */
async function twin(page, look) {
  const context = await page.context().browser().newContext({ viewport: { width: look.width, height: 900 }, colorScheme: look.scheme, ignoreHTTPSErrors: true });
  const copy = await context.newPage();
  const [url, body] = [page.url(), await page.content()];
  await copy.route("**/*", (route) => {
    const request = route.request();
    if (request.isNavigationRequest()) return route.fulfill({ body, contentType: "text/html; charset=utf-8" });
    return request.resourceType() === "script" ? route.abort() : route.continue();
  });
  await copy.goto(url);
  return copy;
}

/** Bytes over the wire for a page and all its parts, in a browser that has never been here. */
export async function weight(browser, grantd, path, state) {
  const context = await browser.newContext({ baseURL: grantd.url, storageState: state, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const network = await context.newCDPSession(page);
  let bytes = 0;
  network.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await network.send("Network.enable");
  await page.goto(path, { waitUntil: "load" });
  await page.waitForTimeout(100);
  await context.close();
  assert.ok(bytes > 0 && bytes <= HEAVIEST, `${path} weighs ${bytes} bytes`);
  return bytes;
}

/** A device that holds passkeys and says yes to everything (CDP's WebAuthn domain). */
export async function authenticator(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable", { enableUI: false });
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
  return { session, authenticatorId };
}
