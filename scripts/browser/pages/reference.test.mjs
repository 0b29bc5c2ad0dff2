// The API's reference: found from the front page, whole without JavaScript.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, look, visitor } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";

let grantd, browser;

before(async () => {
  grantd = await Grantd.start();
  await grantd.serve();
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  await grantd?.stop();
});

for (const js of [true, false]) {
  const how = js ? "with JavaScript" : "without JavaScript";

  test(`operations are found and read, ${how}`, async () => {
    const v = await visitor(browser, grantd, { js });
    const { page, context } = v;
    await page.goto("/");
    await page.locator('a[href="/docs"]').click();
    await look(v, "reference");
    await page.getByRole("link", { name: "Create a new authorization", exact: true }).click();
    assert.match(await page.locator("pre").first().textContent(), /-X POST/);
    await look(v, "reference-create");
    await page.goto("/docs/apps/check-token");
    await look(v, "reference-check");
    await page.goto("/docs/grantd/health");
    assert.equal(await page.locator("h1").textContent(), "Is the instance ready?");
    await context.close();
  });
}

test("the frame speaks the reader's language, the document its own", async () => {
  for (const [language, title] of [["de", "API-Referenz"], ["zh", "API 参考"]]) {
    const v = await visitor(browser, grantd, { language, width: 360 });
    await v.page.goto("/docs");
    assert.equal(await v.page.locator("h1").textContent(), title);
    await v.page.goto("/docs/oauth-authorizations/update-authorization");
    assert.equal(await v.page.locator("h1").textContent(), "Update an existing authorization");
    await look(v, `reference-${language}`, [{ scheme: "light", width: 360 }]);
    await v.context.close();
  }
});
