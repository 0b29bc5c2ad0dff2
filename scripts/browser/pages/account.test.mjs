// From the first user to the end of a session: setting up, signing in, proving
// oneself again, password, address, language, second factor, sessions.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, look, visitor } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";
import { mailbox } from "../lib/mail.mjs";
import { alike, at, code, faults, form, isSignedIn, open, settle, shown, signIn, signInHere, signOut, submit } from "../lib/person.mjs";

let browser, mail;

before(async () => {
  mail = await mailbox();
});

after(async () => {
  await browser?.close();
  mail?.close();
});

/** A server of its own for a journey: people change what the next journey would rest on. */
async function stage(js, make = () => ({}), settings = { smtp_url: mail.url, mail_from: "grantd <no-reply@grantd.test>" }) {
  const grantd = await Grantd.start({ settings });
  const people = make(grantd);
  await grantd.serve();
  browser ??= await launch(grantd);
  return { grantd, ...people, ...(await visitor(browser, grantd, { js })) };
}

const end = async ({ context, grantd }) => {
  await context.close();
  await grantd.stop();
};

for (const js of [true, false]) {
  const how = js ? "with JavaScript" : "without JavaScript";

  test(`the first user is made through the link on the terminal, ${how}`, async () => {
    const v = await stage(js);
    const { page, grantd } = v;
    const [link] = /http:\/\/localhost:\d+(\/setup\/\S+)/.exec(readFileSync(grantd.log, "utf8")).slice(1);
    await page.goto(link);
    await look(v, "setup");
    await submit(page, "/setup/", { login: "-bad-", ...(await alike(page, "/setup/", "password", "short")) });
    assert.ok(await faults(page).isVisible());
    await look(v, "setup-wrong");
    const password = "the long password of admin";
    await submit(page, "/setup/", { login: "admin", email: "admin@example.com", ...(await alike(page, "/setup/", "password", password)) });
    await settle(page);
    assert.ok(await isSignedIn(page));
    await page.goto(link);
    await look(v, "setup-spent");
    assert.equal(await form(page, "/setup/").count(), 0, "the link works once");
    await signOut(page);
    await signIn(page, { login: "admin", password });
    await end(v);
  });

  test(`an invitation makes an account, ${how}`, async () => {
    const v = await stage(js, (grantd) => {
      grantd.user("admin", { admin: true });
      return { invited: grantd.run(["user", "invite", "monalisa"]) };
    });
    const { page, invited } = v;
    const link = new URL(invited.link ?? invited.url).pathname;
    await page.goto(link);
    await look(v, "invitation");
    const password = "a long password of monalisa";
    await submit(page, "/invitations/", await alike(page, "/invitations/", "password", password));
    await settle(page);
    assert.ok(await isSignedIn(page));
    await page.goto(link);
    assert.equal(await form(page, "/invitations/").count(), 0);
    await end(v);
  });

  test(`somebody signs up by a link in a mail, ${how}`, async () => {
    const mailing = { smtp_url: mail.url, mail_from: "grantd <no-reply@grantd.test>", sign_up: true };
    const v = await stage(js, (grantd) => ({ octocat: grantd.user("octocat") }), mailing);
    const { page } = v;
    await page.goto("/login");
    await look(v, "login-sign-up");
    await page.locator('a[href^="/join"]').click();
    await look(v, "sign-up");
    await submit(page, "/join", { login: "octocat", email: "monalisa@example.com" });
    assert.ok(await faults(page).isVisible());
    await look(v, "sign-up-wrong");
    // Whoever has that address is told so; whoever types it is not.
    await submit(page, "/join", { login: "monalisa", email: "octocat@example.com" });
    assert.equal(at(page), "/join/sent");
    assert.doesNotMatch(await mail.next(/octocat@example\.com/), /\/join\//);
    await page.goto("/join");
    await submit(page, "/join", { login: "monalisa", email: "monalisa@example.com" });
    assert.equal(at(page), "/join/sent");
    await look(v, "sign-up-sent");
    const [link] = /(\/join\/[A-Za-z0-9_-]+)/.exec(await mail.next(/\/join\//)).slice(1);
    await page.goto(link);
    await look(v, "sign-up-link");
    await submit(page, link, await alike(page, link, "password", "short"));
    assert.ok(await faults(page).isVisible());
    const password = "a long password of monalisa";
    await submit(page, link, await alike(page, link, "password", password));
    await settle(page);
    assert.ok(await isSignedIn(page));
    await page.goto("/settings");
    assert.match(await page.locator("main").textContent(), /monalisa@example\.com/);
    await signOut(page);
    await signIn(page, { login: "monalisa", password });
    await end(v);
  });

  test(`somebody signs up at once where no mail is sent, ${how}`, async () => {
    const v = await stage(js, (grantd) => ({ octocat: grantd.user("octocat") }), { sign_up: true });
    const { page } = v;
    // On the way to a page, and back to it.
    await page.goto("/settings/sessions");
    await page.locator('a[href^="/join"]').click();
    await look(v, "sign-up-at-once");
    const password = "a long password of monalisa";
    await submit(page, "/join", { login: "-bad-", ...(await alike(page, "/join", "password", "short")) });
    assert.ok(await faults(page).isVisible());
    await look(v, "sign-up-at-once-wrong");
    await submit(page, "/join", { login: "monalisa", ...(await alike(page, "/join", "password", password)) });
    await settle(page);
    assert.equal(at(page), "/settings/sessions");
    assert.ok(await isSignedIn(page));
    await end(v);
  });

  test(`a person signs in and out, and is told what went wrong, ${how}`, async () => {
    const v = await stage(js, (grantd) => ({ octocat: grantd.user("octocat"), hubot: grantd.user("hubot", { totp: true }) }));
    const { page, octocat, hubot } = v;
    await page.goto("/");
    await look(v, "front");
    await page.goto("/login");
    await look(v, "login");
    await submit(page, "/login", { login: "octocat", password: "wrong" });
    assert.equal(at(page), "/login");
    assert.ok(await faults(page).isVisible());
    await look(v, "login-wrong");
    await signIn(page, octocat);
    await page.goto("/settings");
    await look(v, "settings");
    await signOut(page);
    assert.ok(!(await isSignedIn(page)));
    // Back where the person was going.
    await page.goto("/settings/sessions");
    await signInHere(page, octocat);
    await settle(page);
    assert.equal(at(page), "/settings/sessions");
    await signOut(page);

    await page.goto("/login");
    await submit(page, "/login", { login: "hubot", password: hubot.password });
    assert.equal(at(page), "/login/two-factor");
    await look(v, "two-factor-step");
    await submit(page, "/login/two-factor", { code: "000000" });
    assert.ok(await faults(page).isVisible());
    await look(v, "two-factor-step-wrong");
    const spent = (hubot.spent = await code(hubot));
    await submit(page, "/login/two-factor", { code: spent });
    await settle(page);
    assert.ok(await isSignedIn(page));
    await signOut(page);
    // The same code is dead, even though its time is not over.
    await page.goto("/login");
    await submit(page, "/login", { login: "hubot", password: hubot.password });
    await submit(page, "/login/two-factor", { code: spent });
    assert.equal(at(page), "/login/two-factor", "a code was accepted twice");
    // A recovery code works once.
    const [recovery] = hubot.recovery_codes;
    await submit(page, "/login/two-factor", { code: recovery });
    await settle(page);
    assert.ok(await isSignedIn(page));
    await signOut(page);
    await page.goto("/login");
    await submit(page, "/login", { login: "hubot", password: hubot.password });
    await submit(page, "/login/two-factor", { code: recovery });
    assert.equal(at(page), "/login/two-factor", "a recovery code was accepted twice");
    await end(v);
  });

  test(`password, address and language are changed, ${how}`, async () => {
    const v = await stage(js, (grantd) => ({ octocat: grantd.user("octocat") }));
    const { page, octocat } = v;
    await signIn(page, octocat);
    await open(page, "/settings/password", octocat);
    await look(v, "password");
    const fields = await form(page, "/settings/password").locator("input[type=password]").evaluateAll((all) => all.map((one) => one.name));
    const fresh = "another long password of octocat";
    const [present, ...twice] = fields;
    const typed = (old, values) => ({ [present]: old, ...Object.fromEntries(twice.map((name, n) => [name, values[n] ?? values[0]])) });
    await submit(page, "/settings/password", typed(octocat.password, ["short"]));
    assert.ok(await faults(page).isVisible());
    await look(v, "password-wrong");
    await submit(page, "/settings/password", typed(octocat.password, [fresh]));
    octocat.password = fresh;
    assert.equal(await faults(page).count(), 0);
    await signOut(page);
    await signIn(page, octocat);

    await open(page, "/settings/email", octocat);
    await look(v, "email");
    await submit(page, "/settings/email", { email: "octocat@elsewhere.example" });
    const [verify] = /(\/email-verification\/[A-Za-z0-9_-]+)/.exec(await mail.next(/email-verification/)).slice(1);
    await page.goto(verify);
    await look(v, "verify-email");
    await submit(page, "/email-verification/");
    await page.goto("/settings");
    assert.match(await page.locator("main").textContent(), /octocat@elsewhere\.example/);

    await submit(page, "/settings/language", { language: "de" });
    assert.equal(await page.locator("html").getAttribute("lang"), "de");
    await submit(page, "/settings/language", { language: "" });
    assert.equal(await page.locator("html").getAttribute("lang"), "en");

    await signOut(page);
    await page.goto("/password-reset");
    await look(v, "password-reset");
    await submit(page, "/password-reset", { login: "octocat@elsewhere.example" });
    assert.equal(at(page), "/password-reset/sent");
    await look(v, "password-reset-sent");
    const [reset] = /(\/password-reset\/[A-Za-z0-9_-]+)/.exec(await mail.next(/password-reset/)).slice(1);
    await page.goto(reset);
    await look(v, "password-reset-link");
    octocat.password = "a third long password of octocat";
    await submit(page, "/password-reset/", await alike(page, "/password-reset/", "password", octocat.password));
    await settle(page);
    if (await isSignedIn(page)) await signOut(page);
    await signIn(page, octocat);
    await end(v);
  });

  test(`a second factor is enrolled, used and taken off, ${how}`, async () => {
    const v = await stage(js, (grantd) => ({ octocat: grantd.user("octocat") }));
    const { page, octocat } = v;
    await signIn(page, octocat);
    await page.goto("/settings/two-factor");
    await look(v, "two-factor-off");
    await open(page, "/settings/two-factor/enrol", octocat);
    await look(v, "two-factor-enrol");
    const seed = (await shown(page, "seed")).replace(/\s/g, "");
    await submit(page, "/settings/two-factor/enrol", { code: "000000" });
    assert.ok(await faults(page).isVisible());
    octocat.totp_secret = seed;
    assert.equal((await shown(page, "seed")).replace(/\s/g, ""), seed, "the same key is still shown");
    octocat.spent = await code(octocat);
    await submit(page, "/settings/two-factor/enrol", { code: octocat.spent });
    const codes = await page.locator("#codes li").allTextContents();
    assert.ok(codes.length >= 8, `${codes.length} recovery codes`);
    await look(v, "recovery-codes");
    await page.goto("/settings/two-factor");
    await look(v, "two-factor-on");
    await signOut(page);
    await signIn(page, octocat, codes[0].trim());
    await open(page, "/settings/two-factor/codes", octocat);
    await look(v, "recovery-codes-again");
    await submit(page, "/settings/two-factor/codes");
    assert.equal(await page.locator("#codes li").count(), codes.length);
    await open(page, "/settings/two-factor/disable", octocat);
    await look(v, "two-factor-disable");
    await submit(page, "/settings/two-factor/disable");
    await signOut(page);
    await signIn(page, { login: octocat.login, password: octocat.password });
    await end(v);
  });

  test(`sessions are seen and ended, ${how}`, async () => {
    const v = await stage(js, (grantd) => ({ octocat: grantd.user("octocat") }));
    const { page, octocat, grantd } = v;
    const others = [await visitor(browser, grantd, { js }), await visitor(browser, grantd, { js }), await visitor(browser, grantd, { js })];
    await signIn(page, octocat);
    for (const other of others) await signIn(other.page, octocat);
    await page.goto("/settings/sessions");
    assert.equal(await page.locator("li.item").count(), 4);
    await look(v, "sessions");
    await submit(page, "/settings/sessions/", {}, "button");
    assert.equal(await page.locator("li.item").count(), 3);
    await submit(page, "/settings/sessions/end");
    assert.equal(await page.locator("li.item").count(), 1);
    for (const other of others) {
      await other.page.goto("/settings");
      assert.equal(at(other.page), "/login");
      await other.context.close();
    }
    await page.goto("/settings");
    assert.equal(at(page), "/settings");
    await page.goto("/settings/security-log");
    await look(v, "security-log");
    await page.goto("/sudo");
    await look(v, "sudo");
    await submit(page, "/sudo", { password: "wrong" });
    assert.ok(await faults(page).isVisible());
    await submit(page, "/sudo", { password: octocat.password });
    await page.goto("/nowhere");
    await look(v, "not-found");
    await end(v);
  });
}
