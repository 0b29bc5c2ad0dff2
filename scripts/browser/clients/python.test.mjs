// PyPI's authlib (with a proof key) and requests-oauthlib (without) complete
// the web flow through the consent page.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { callback } from "./callback.mjs";
import { launch, visitor } from "../lib/browser.mjs";
import { Grantd } from "../lib/grantd.mjs";
import { decide, revoke } from "../lib/person.mjs";

const PYTHON = process.env.CLIENTS_PYTHON;

let grantd, browser, app, octocat;

before(async () => {
  assert.ok(PYTHON, "CLIENTS_PYTHON names a Python that has the libraries of requirements.txt");
  grantd = await Grantd.start();
  octocat = grantd.user("octocat");
  app = await callback("app.test");
  await grantd.serve();
  browser = await launch(grantd);
});

after(async () => {
  await browser?.close();
  app?.close();
  await grantd?.stop();
});

/** The program, which is talked to line by line. */
function start(words) {
  const running = spawn(PYTHON, [join(import.meta.dirname, "program.py"), ...words], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
  return {
    hear: async () => {
      const { value, done } = await lines.next();
      assert.ok(!done, "the program ended");
      return JSON.parse(value);
    },
    tell: (line) => running.stdin.write(`${line}\n`),
    end: () => running.stdin.end(),
  };
}

for (const library of ["authlib", "requests-oauthlib"]) {
  for (const js of [true, false]) {
    test(`${library} gets a token through the consent page, ${js ? "with" : "without"} JavaScript`, async () => {
      const name = `Program with ${library} ${js}`;
      const registered = grantd.app(name, { owner: "octocat", callbacks: [app.url] });
      const program = start([library, grantd.url, app.url, registered.client_id, registered.client_secret]);
      const { page, context } = await visitor(browser, grantd, { js });
      const { address } = await program.hear();
      assert.equal(new URL(address).searchParams.has("code_challenge"), library === "authlib");
      await decide(page, address, octocat);
      program.tell((await app.next()).href);
      const { scope, token_type } = await program.hear();
      assert.deepEqual([[scope].flat().join(" ").split(/[ ,]/).sort(), token_type], [["gist", "repo"], "bearer"]);
      assert.deepEqual(await program.hear(), { status: 200, login: "octocat" });
      await revoke(page, octocat, name);
      program.tell("and now?");
      assert.equal((await program.hear()).status, 401);
      program.end();
      await context.close();
    });
  }
}
