// A grantd of a test's own: a fresh folder, users and apps made on the command
// line, a server on a free port, over http or (with a throw-away authority)
// https. Ends with the process.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BIN = process.env.GRANTD_BIN;
if (!BIN) throw new Error("GRANTD_BIN names the grantd to test");

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true) ?? socket.end());
    socket.once("error", () => resolve(false));
  });

/** An authority that lives for one run, and a certificate of its for `hostname`. */
export function certificate(folder, hostname) {
  const at = (name) => join(folder, name);
  const openssl = (...words) => execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=throw-away authority");
  openssl("req", ...key, "-keyout", "tls.key", "-out", "tls.csr", "-subj", `/CN=${hostname}`);
  writeFileSync(at("tls.ext"), `subjectAltName=DNS:${hostname}\nbasicConstraints=CA:FALSE\n`);
  openssl("x509", "-req", "-in", "tls.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tls.pem", "-days", "2", "-extfile", "tls.ext");
  return { authority: at("ca.pem"), certificate: at("tls.pem"), key: at("tls.key") };
}

/** What must not outlive this process. */
const running = new Set();
process.once("exit", () => running.forEach((server) => server.kill("SIGKILL")));

export class Grantd {
  #process;

  /**
   * `settings` are those of the file, by name. With `hostname`, the server speaks TLS and calls
   * itself https://HOSTNAME; else it is http://localhost:PORT, where browsers allow passkeys too.
   */
  static async start({ settings = {}, hostname } = {}) {
    const grantd = new Grantd();
    grantd.folder = mkdtempSync(join(tmpdir(), "grantd-browser-"));
    grantd.data = join(grantd.folder, "data");
    grantd.port = await freePort();
    grantd.url = `http://localhost:${grantd.port}`;
    grantd.settings = { ...settings };
    if (hostname) {
      const tls = certificate(grantd.folder, hostname);
      grantd.authority = tls.authority;
      grantd.url = `https://${hostname}`;
      Object.assign(grantd.settings, { tls_cert: tls.certificate, tls_key: tls.key });
    }
    Object.assign(grantd.settings, { public_url: grantd.url, listen: `127.0.0.1:${grantd.port}` });
    return grantd;
  }

  get environment() {
    const own = Object.entries(this.settings).map(([name, value]) => [`GRANTD_${name.toUpperCase()}`, String(value)]);
    return { PATH: process.env.PATH, HOME: this.folder, GRANTD_DATA: this.data, ...Object.fromEntries(own) };
  }

  /** Runs a command; `input` goes to its standard input. What it prints is JSON, or nothing. */
  run(words, input = "") {
    const options = { env: this.environment, input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] };
    const said = execFileSync(BIN, words, options);
    return said.trim() ? JSON.parse(said) : undefined;
  }

  /** A user; with `totp` the answer has `totp_secret` and `recovery_codes`. */
  user(login, { password = `the long password of ${login}`, totp = false, admin = false } = {}) {
    const more = [...(totp ? ["--totp"] : []), ...(admin ? ["--site-admin"] : [])];
    const words = ["user", "create", login, "--password-stdin", "--email", `${login}@example.com`, ...more];
    return { login, password, ...this.run(words, `${password}\n`) };
  }

  /** An app, with its secret unless it is public. */
  app(name, { owner, callbacks, clientId, clientSecret, isPublic = false }) {
    const words = ["app", "create", name, "--owner", owner, "--url", "http://localhost/about"];
    for (const callback of callbacks) words.push("--callback-url", callback);
    if (clientId) words.push("--client-id", clientId);
    if (clientSecret) words.push("--client-secret-stdin");
    if (isPublic) words.push("--public");
    return { name, client_secret: clientSecret, ...this.run(words, clientSecret ? `${clientSecret}\n` : "") };
  }

  async serve() {
    this.log = join(this.folder, "server.log");
    const out = openSync(this.log, "a");
    this.#process = spawn(BIN, ["serve"], { env: this.environment, stdio: ["ignore", out, out] });
    running.add(this.#process);
    for (let tries = 0; tries < 200; tries += 1) {
      if (this.#process.exitCode !== null) break;
      if (await answers(this.port)) return this;
      await sleep(50);
    }
    throw new Error(`grantd does not serve:\n${readFileSync(this.log, "utf8")}`);
  }

  /** What the server has said so far. */
  said() {
    return readFileSync(this.log, "utf8");
  }

  async stop() {
    const server = this.#process;
    this.#process = undefined;
    if (server && server.exitCode === null) {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      const patience = setTimeout(() => server.kill("SIGKILL"), 12_000);
      await ended;
      clearTimeout(patience);
    }
    running.delete(server);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * A proxy that takes every tunnel to one port, whatever name was asked for: so that a
 * program which allows no port in a host's name meets the server under test.
 */
export async function tunnel(port) {
  const server = createServer((client) => {
    client.once("data", (head) => {
      if (!head.toString("latin1").startsWith("CONNECT ")) return client.destroy();
      const upstream = connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        client.pipe(upstream).pipe(client);
      });
      upstream.on("error", () => client.destroy());
    });
    client.on("error", () => {});
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
