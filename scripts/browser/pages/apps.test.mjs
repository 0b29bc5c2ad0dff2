// Developer settings: apps registered, changed, given a logo and another secret,
// deleted.

import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { after, before, test } from "node:test";
import { launch, look, visitor } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";
import { at, faults, open, proveAgain, shown, signIn, submit } from "../lib/person.mjs";

let grantd, browser;

before(async () => {
  grantd = await Grantd.start();
  grantd.user("admin", { admin: true });
  await grantd.serve();
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  await grantd?.stop();
});

/** A picture of one colour. */
function png(side) {
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (bytes) => ~bytes.reduce((c, byte) => table[(c ^ byte) & 0xff] ^ (c >>> 8), ~0) >>> 0;
  const number = (n) => Buffer.from([n >>> 24, n >>> 16, n >>> 8, n].map((byte) => byte & 0xff));
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    return Buffer.concat([number(data.length), body, number(crc(body))]);
  };
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(side * 3, 0x7f)]);
  const pixels = deflateSync(Buffer.concat(Array(side).fill(row)));
  const header = Buffer.concat([number(side), number(side), Buffer.from([8, 2, 0, 0, 0])]);
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([magic, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

for (const js of [true, false]) {
  const how = js ? "with JavaScript" : "without JavaScript";

  test(`an app is registered, changed, given a logo and another secret, and deleted, ${how}`, async () => {
    const octocat = grantd.user(`octocat-${js}`);
    const v = await visitor(browser, grantd, { js });
    const { page, context } = v;
    await signIn(page, octocat);
    await page.goto("/settings/developers");
    await look(v, "apps-none");
    await open(page, "/settings/developers/new", octocat);
    await look(v, "app-new");
    await submit(page, "/settings/developers/new", { name: "My app", url: "https://app.example", callbacks: "javascript:alert(1)" });
    assert.ok(await faults(page).isVisible());
    await look(v, "app-new-wrong");
    await submit(page, "/settings/developers/new", {
      name: "My app",
      url: "https://app.example",
      description: "Builds what you push.",
      callbacks: "https://app.example/callback\nhttp://127.0.0.1/callback",
      expiring: true,
    });
    const secret = await shown(page, "secret");
    assert.match(secret, /^[0-9a-f]{40}$/);
    await look(v, "app-secret");
    await page.locator('main a[href^="/settings/developers/apps/"]').last().click();
    const path = at(page);
    assert.ok(!(await page.content()).includes(secret), "it is shown once");
    await look(v, "app");

    await page.locator("#logo").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
    await submit(page, `${path}/logo`);
    assert.ok(await faults(page).isVisible());
    await look(v, "app-logo-wrong");
    await page.goto(path);
    await page.locator("#logo").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: png(64) });
    await submit(page, `${path}/logo`);
    const logo = page.locator("main img.logo");
    assert.match(await logo.getAttribute("src"), /^\/apps\/[^/]+\/logo/);
    assert.ok(await logo.evaluate((image) => image.naturalWidth === 64), "the logo is shown");
    await look(v, "app-logo");
    await submit(page, `${path}/logo/remove`);
    assert.equal(await page.locator("main img.logo").count(), 0);

    await open(page, `${path}/edit`, octocat);
    await look(v, "app-edit");
    await page.locator('input[value="read:org"]').check();
    await submit(page, `${path}/edit`, { name: "My other app", device_flow: false, limited: true });
    assert.match(await page.locator("h1").textContent(), /My other app/);
    await open(page, `${path}/edit`, octocat);
    assert.ok(await page.locator("#limited").isChecked());
    assert.equal(await page.locator('input[name="scope"]:checked').count(), 1);
    await look(v, "app-edit-limited");

    await open(page, `${path}/secret`, octocat);
    await look(v, "app-rotate");
    await submit(page, `${path}/secret`);
    assert.notEqual(await shown(page, "secret"), secret);
    await look(v, "app-rotated");
    await page.goto(path);
    await look(v, "app-two-secrets");
    await submit(page, `${path}/secret/end`);
    await proveAgain(page, octocat);
    await page.goto(path);
    assert.equal(await page.locator('form[action$="/secret/end"]').count(), 0);

    await page.goto("/settings/developers");
    await look(v, "apps");
    await open(page, `${path}/delete`, octocat);
    await look(v, "app-delete");
    await submit(page, `${path}/delete`, { confirm: "something else" });
    assert.ok(await faults(page).isVisible());
    await submit(page, `${path}/delete`, { confirm: "My other app" });
    assert.equal(at(page), "/settings/developers");
    assert.equal(await page.locator("li.item").count(), 0);
    await context.close();
  });
}
