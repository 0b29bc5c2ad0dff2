// Which pages were visited and which forms were sent, with JavaScript and
// without: what is asked of the server is noted here, and at the end held to
// the server's own table of pages.

import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

const NOTES = process.env.VISITS;
const TABLE = join(import.meta.dirname, "../../../crates/server/src/routes/site.rs");

/** Notes everything that a page asks of the server. */
export function note(page, grantd, js) {
  if (!NOTES) return;
  page.on("requestfinished", async (request) => {
    const url = new URL(request.url());
    if (url.origin !== new URL(grantd.url).origin) return;
    const status = (await request.response().catch(() => null))?.status() ?? 0;
    appendFileSync(NOTES, `${JSON.stringify({ method: request.method(), path: url.pathname, status, js })}\n`);
  });
}

/** The rows of the table that are pages: method, path. */
export function table() {
  const rows = [...readFileSync(TABLE, "utf8").matchAll(/^ *(?:page|site)!\("[^"]+", (\w+) (\w+) "([^"]+)"/gm)];
  const forPrograms = ["Machine", "Resource", "Verdict"];
  return rows.filter(([, part]) => !forPrograms.includes(part)).map(([, , method, path]) => ({ method, path }));
}

/** Only scripts call these, or they are no pages. */
const WITHOUT = (row) => /\/passkey\/|\/passkeys\/(start|finish)$/.test(row.path) || row.method === "HEAD";

/** What nobody has been to, or sent well. */
export function missed(notes = NOTES) {
  const visits = readFileSync(notes, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const rows = table();
  const pattern = ({ path }) => new RegExp(`^${path.replace(/\{[^}]+\}/g, "[^/]+")}$`);
  // Of rows that fit the same path, the one with fewer parameters is meant.
  const parameters = ({ path }) => path.split("{").length;
  const meant = ({ method, path }) =>
    rows
      .filter((row) => row.method === method && pattern(row).test(path))
      .sort((a, b) => parameters(a) - parameters(b))[0];
  const seen = new Set();
  for (const visit of visits) {
    const row = meant(visit);
    if (row && visit.status < 400) seen.add(`${row.method} ${row.path} ${visit.js}`);
  }
  const wanted = rows.filter((row) => row.method !== "HEAD");
  return wanted.flatMap((row) =>
    [true, false]
      .filter((js) => js || !WITHOUT(row))
      .filter((js) => !seen.has(`${row.method} ${row.path} ${js}`))
      .map((js) => `${row.method} ${row.path} ${js ? "with" : "without"} JavaScript`),
  );
}
