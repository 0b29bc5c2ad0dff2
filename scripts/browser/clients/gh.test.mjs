// Debian's gh signs in over https, by device flow and by a token on its
// standard input, and is out when the person takes the grant back.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { launch, visitor } from "../lib/browser.mjs";
import { Grantd, tunnel } from "../lib/grantd.mjs";
import { decideDevice, open, revoke, signIn, submit } from "../lib/person.mjs";

// What every gh is built with; both are public.
const CLIENT_ID = "178c6fc778ccc68e1d6a";
const CLIENT_SECRET = "34ddeff2b558a23d38fba8a6de74f086ede1cc0b";
const HOST = "grantd.test";

let grantd, browser, proxy, octocat;

before(async () => {
  grantd = await Grantd.start({ hostname: HOST });
  octocat = grantd.user("octocat");
  const callbacks = ["http://127.0.0.1/callback", "http://localhost/"];
  grantd.app("GitHub CLI", { owner: "octocat", callbacks, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET });
  await grantd.serve();
  // gh allows no port in a host's name.
  proxy = await tunnel(grantd.port);
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  proxy?.close();
  await grantd?.stop();
});

/** Runs gh; `watch` sees what it says as it does. */
function gh(words, { input = "", watch = () => {}, folder = "gh" } = {}) {
  const env = {
    PATH: process.env.PATH,
    HOME: grantd.folder,
    GH_CONFIG_DIR: `${grantd.folder}/${folder}`,
    HTTPS_PROXY: proxy.url,
    SSL_CERT_FILE: grantd.authority,
    GH_NO_UPDATE_NOTIFIER: "1",
    NO_COLOR: "1",
  };
  return new Promise((resolve, reject) => {
    const running = spawn("gh", words, { env });
    const patience = setTimeout(() => running.kill("SIGKILL"), 90_000);
    let said = "";
    const hear = (text) => watch((said += text));
    running.stdout.on("data", hear);
    running.stderr.on("data", hear);
    running.once("error", reject);
    running.once("close", (status) => {
      clearTimeout(patience);
      resolve({ status, said });
    });
    running.stdin.end(input);
  });
}

/** Waits until gh says a thing, and returns what it matched. */
function waiting(pattern) {
  let found;
  const promise = new Promise((resolve) => (found = resolve));
  const watch = (said) => {
    const match = pattern.exec(said);
    if (match) found(match);
  };
  return { promise, watch };
}

test("gh signs in by the device flow while the browser approves", async () => {
  const asks = waiting(/one-time code: (\S+)[\s\S]*(https:\/\/\S+)/);
  const words = ["auth", "login", "--hostname", HOST, "--web", "--git-protocol", "https", "--scopes", "workflow"];
  const signingIn = gh(words, { watch: asks.watch });
  const [, userCode, address] = await asks.promise;
  assert.equal(address, `https://${HOST}/login/device`);
  const { page, context } = await visitor(browser, grantd);
  await decideDevice(page, octocat, userCode);
  const { status, said } = await signingIn;
  assert.equal(status, 0, said);
  assert.match(said, /Logged in as octocat/);

  const known = await gh(["auth", "status", "--hostname", HOST]);
  assert.equal(known.status, 0, known.said);
  assert.match(known.said, /Logged in to grantd\.test as octocat/);
  assert.match(known.said, /Token scopes: gist, read:org, repo, workflow/);
  const user = await gh(["api", "user", "--hostname", HOST, "--jq", ".login"]);
  assert.equal(user.said.trim(), "octocat");
  const viewer = await gh(["api", "graphql", "--hostname", HOST, "-f", "query={viewer{login databaseId}}"]);
  assert.deepEqual(JSON.parse(viewer.said), { data: { viewer: { login: "octocat", databaseId: octocat.id } } });

  await revoke(page, octocat, "GitHub CLI");
  const refused = await gh(["api", "user", "--hostname", HOST]);
  assert.notEqual(refused.status, 0);
  assert.match(refused.said, /HTTP 401/);
  const unknown = await gh(["auth", "status", "--hostname", HOST]);
  assert.notEqual(unknown.status, 0, unknown.said);
  await context.close();
});

test("gh hears of a person's no", async () => {
  const asks = waiting(/one-time code: (\S+)/);
  const words = ["auth", "login", "--hostname", HOST, "--web", "--git-protocol", "https"];
  const signingIn = gh(words, { watch: asks.watch, folder: "refused" });
  const [, userCode] = await asks.promise;
  const { page, context } = await visitor(browser, grantd, { js: false });
  await decideDevice(page, octocat, userCode, "deny");
  const { status, said } = await signingIn;
  assert.notEqual(status, 0);
  assert.match(said, /access_denied|denied/);
  await context.close();
});

test("gh takes a personal access token that was made on the pages", async () => {
  const { page, context } = await visitor(browser, grantd);
  await signIn(page, octocat);
  await open(page, "/settings/tokens/new", octocat);
  for (const scope of ["repo", "read:org", "gist"]) await page.locator(`input[value="${scope}"]`).check();
  await submit(page, "/settings/tokens", { note: "for gh" });
  const token = await page.locator("#token").textContent();
  const login = await gh(["auth", "login", "--hostname", HOST, "--with-token"], { input: `${token.trim()}\n`, folder: "token" });
  assert.equal(login.status, 0, login.said);
  const known = await gh(["auth", "status", "--hostname", HOST], { folder: "token" });
  assert.match(known.said, /Token scopes: gist, read:org, repo/);
  const wrong = await gh(["auth", "login", "--hostname", HOST, "--with-token"], { input: "gtp_wrong\n", folder: "wrong" });
  assert.notEqual(wrong.status, 0);
  assert.match(wrong.said, /HTTP 401/);
  await context.close();
});
