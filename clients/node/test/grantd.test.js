// The helper by itself: each part of it against a real server.
// GRANTD_PROGRAM names the program to try; `grantd` on the path, if it is not set.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { Grantd, GrantdError, useGrantd } from "../index.js";

const program = process.env.GRANTD_PROGRAM;
const grantd = useGrantd({
  program,
  clock: "2020-11-01T00:00:00Z",
  arguments: ["--token-lifetime-default-days", "30", "--notice-days", "7"],
});

const basic = (name, password) => ({ authorization: `Basic ${btoa(`${name}:${password}`)}` });
const bearer = (token) => ({ authorization: `token ${token}` });
const ask = async (method, path, headers, body) => {
  const sent = body && JSON.stringify(body);
  const answer = await fetch(grantd.apiUrl + path, { method, headers, body: sent });
  return { status: answer.status, headers: answer.headers, json: await answer.json() };
};
const octocat = () => basic("octocat", grantd.users.octocat.password);
const mint = async (note = "a note") => {
  const made = await ask("POST", "/authorizations", octocat(), { note });
  assert.equal(made.status, 201);
  return made.json.token;
};

const before = [];
for (const turn of [0, 1]) {
  test(`each test finds the same beginning (${turn})`, async () => {
    before.push(await mint());
    assert.equal(before[turn], before[0]);
    assert.deepEqual(await grantd.clock.now(), new Date("2020-11-01T00:00:00Z"));
    assert.equal((await grantd.journal.entries()).length, 1);
    await grantd.clock.advance(60);
    await grantd.faults.status(500, { times: 0 });
  });
}

test("users, apps and tokens are good", async () => {
  const [token] = grantd.tokens;
  assert.equal((await ask("GET", "/user", bearer(token.token))).json.login, "octocat");
  const monalisa = basic("monalisa", grantd.users.monalisa.password);
  assert.equal((await ask("GET", "/authorizations", monalisa)).status, 401);
  const code = { ...monalisa, "x-github-otp": await grantd.otp("monalisa") };
  assert.equal((await ask("GET", "/authorizations", code)).status, 200);
  const app = grantd.apps["my github app"];
  const checked = grantd.tokens.find(({ note }) => note === "to check");
  const path = `/applications/${app.client_id}/tokens/${checked.token}`;
  assert.equal((await ask("GET", path, basic(app.client_id, app.client_secret))).status, 200);
  await assert.rejects(grantd.otp("octocat"), /no one-time codes/);
});

test("the clock ends tokens, and owners are told before", async () => {
  const token = await mint("ends soon");
  await grantd.clock.advance(29 * 86_400);
  assert.equal((await ask("GET", "/user", bearer(token))).status, 200);
  const mails = (await grantd.mails()).filter(({ text }) => text.includes("ends soon"));
  assert.deepEqual(mails.map(({ to }) => to), ["octocat@example.com"]);
  await grantd.clock.advance(86_400);
  assert.equal((await ask("GET", "/user", bearer(token))).status, 401);
  const later = new Date("2030-05-01T12:00:00.250Z");
  assert.deepEqual(await grantd.clock.set(later), new Date("2030-05-01T12:00:00Z"));
  assert.ok((await grantd.clock.stop()) >= new Date("2030-05-01T12:00:00Z"));
  await assert.rejects(grantd.clock.set("soon"), /400/);
});

test("the journal knows both sides", async () => {
  await mint("mine");
  const entry = await grantd.journal.last();
  assert.deepEqual([entry.request.method, entry.request.path], ["POST", "/api/v3/authorizations"]);
  assert.deepEqual(JSON.parse(entry.request.body), { note: "mine" });
  assert.equal(entry.response.status, 201);
  assert.equal(JSON.parse(entry.response.body).note, "mine");
  const found = await grantd.journal.entries({ method: "post", path: "/authorizations" });
  assert.deepEqual(found, [entry]);
  assert.deepEqual(await grantd.journal.entries({ after: entry.id }), []);
  await grantd.journal.clear();
  await assert.rejects(grantd.journal.last(), GrantdError);
});

test("faults are met as often as they say", async () => {
  const user = () => ask("GET", "/user", bearer(grantd.tokens[0].token));
  const number = await grantd.faults.status(502, { body: { message: "no" }, path: "/user", after: 1 });
  const statuses = [];
  for (let at = 0; at < 3; at++) statuses.push((await user()).status);
  assert.deepEqual(statuses, [200, 502, 200]);
  await grantd.faults.remove(number);
  await assert.rejects(grantd.faults.remove(number), /404/);
  await grantd.faults.delay(300);
  const began = performance.now();
  await user();
  assert.ok(performance.now() - began >= 295);
  await grantd.faults.rateLimit(60);
  const refused = await user();
  assert.deepEqual([refused.status, refused.headers.get("x-ratelimit-limit")], [403, "60"]);
  await grantd.faults.brownout();
  assert.equal((await ask("GET", "/authorizations", octocat())).status, 404);
  for (const when of ["before", "after", "half"]) {
    await grantd.faults.cut(when, { times: 0 });
    await assert.rejects(user());
    await grantd.faults.clear();
  }
  assert.equal((await user()).status, 200);
  await assert.rejects(grantd.faults.add({ statsu: 500 }), /unknown field/);
});

test("it can be used without hooks", async () => {
  const folder = await mkdtemp(join(tmpdir(), "grantd-test-"));
  try {
    const seedFile = join(folder, "seed.toml");
    await writeFile(seedFile, '[[users]]\nlogin = "ada"\npassword = "a good long passphrase"\n');
    const server = await Grantd.start({ program, seedFile, seed: 7 });
    assert.deepEqual(Object.keys(server.users), ["ada"]);
    await server.stop();
    await server.stop();
    await assert.rejects(server.clock.now(), GrantdError);
    await writeFile(seedFile, "[[users]]\n");
    await assert.rejects(Grantd.start({ program, seedFile }), /line 1: missing field `login`/);
    await assert.rejects(Grantd.start({ program: join(folder, "nothing") }), /did not start/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
