// Every page in every language on a narrow phone, and every page's weight.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, look, visitor, weight } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";
import { proveAgain, signIn } from "../lib/person.mjs";

const LANGUAGES = process.env.QUICK ? ["de"] : ["de", "zh", "en"];
const SIGNED_OUT = ["/", "/login", "/password-reset", "/password-reset/sent", "/join", "/join/sent", "/docs", "/docs/users/get-authenticated", "/nowhere"];

let grantd, browser, admin, app;

before(async () => {
  // Nobody listens there: what is looked at sends no mail.
  grantd = await Grantd.start({ settings: { smtp_url: "smtp://127.0.0.1:9", mail_from: "no-reply@grantd.test", sign_up: true } });
  admin = grantd.user("admin", { admin: true });
  app = grantd.app("Continuous integration of an organisation with a long name", { owner: "admin", callbacks: ["https://ci.a-rather-long-name.example/oauth/callback"] });
  await grantd.serve();
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  await grantd?.stop();
});

const signedIn = () => [
  "/settings", "/settings/email", "/settings/password", "/settings/two-factor", "/settings/two-factor/enrol",
  "/settings/passkeys", "/settings/passkeys/new", "/settings/sessions", "/settings/tokens", "/settings/tokens/new",
  "/settings/applications", "/settings/security-log", "/settings/developers", "/settings/developers/new",
  `/settings/developers/apps/${app.client_id}`, `/settings/developers/apps/${app.client_id}/edit`,
  `/settings/developers/apps/${app.client_id}/secret`, `/settings/developers/apps/${app.client_id}/delete`,
  "/site-admin", "/site-admin/users/admin", "/site-admin/invitations", "/site-admin/apps",
  `/site-admin/apps/${app.client_id}`, "/site-admin/tokens", "/site-admin/audit", "/login/device", "/sudo",
  `/login/oauth/authorize?client_id=${app.client_id}&scope=repo+user+admin:org+workflow+delete_repo&prompt=consent`,
];

const name = (path, language) =>
  `${language}-${path.replace(app.client_id, "app").replace(/\?.*/, "").replace(/^\//, "").replaceAll("/", "-") || "front"}`;

for (const language of LANGUAGES) {
  test(`no page is wider than a phone in ${language}`, async () => {
    const v = await visitor(browser, grantd, { language, width: 360 });
    const phone = [{ scheme: "light", width: 360 }];
    const visit = async (path) => {
      await v.page.goto(path);
      await proveAgain(v.page, admin);
      assert.equal(await v.page.locator("html").getAttribute("lang"), language, path);
      await look(v, name(path, language), phone);
    };
    for (const path of SIGNED_OUT) await visit(path);
    await signIn(v.page, admin);
    for (const path of signedIn()) await visit(path);
    await v.context.close();
  });
}

test("no page weighs more than 30 kB over the wire, with everything that it needs", async () => {
  const v = await visitor(browser, grantd);
  await signIn(v.page, admin);
  await v.page.goto("/sudo");
  await proveAgain(v.page, admin);
  const state = await v.context.storageState();
  const some = (paths) => (process.env.QUICK ? paths.filter((_, n) => n % 4 === 1) : paths);
  for (const path of some(SIGNED_OUT)) await weight(browser, grantd, path);
  for (const path of some(signedIn())) await weight(browser, grantd, path, state);
  await v.context.close();
});
