// A running `grantd dev` and what can be asked of it. Nothing but node itself is needed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { after, before, beforeEach } from "node:test";

const LONGEST_START = 30_000;

/** The server could not be started, or refused what it was asked under /_dev. */
export class GrantdError extends Error {
  name = "GrantdError";
}

/** A `grantd dev` of one's own. */
export class Grantd {
  #process;

  /** @param {import("./index.js").Options} [options] */
  static async start(options = {}) {
    const server = new Grantd();
    await server.#start(options);
    return server;
  }

  constructor() {
    this.log = [];
    this.clock = clock(this);
    this.journal = journal(this);
    this.faults = faults(this);
  }

  async #start({ program = "grantd", seedFile, seed, clock, arguments: more = [] }) {
    const given = { "--seed-file": seedFile, "--seed": seed, "--clock": clock };
    const flags = Object.entries(given).filter(([, value]) => value !== undefined);
    const all = ["dev", "--json", "--until-eof", "--listen", "127.0.0.1:0", ...flags.flat().map(String), ...more];
    // The settings of a real server on this machine are not meant here.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GRANTD_")));
    const child = spawn(program, all, { env, stdio: ["pipe", "pipe", "pipe"] });
    this.#process = child;
    createInterface({ input: child.stderr }).on("line", (line) => this.log.push(line));
    const failed = (why) => new GrantdError([`grantd dev did not start: ${why}`, ...this.log].join("\n"));
    const first = await new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(failed("it takes too long")), LONGEST_START);
      child.once("error", (why) => reject(failed(why.message)));
      // Once its streams are read to their end.
      child.once("close", (code) => reject(failed(`exit code ${code}`)));
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("close", () => clearTimeout(patience));
      child.stdout.once("data", () => clearTimeout(patience));
    }).catch((why) => {
      child.kill("SIGKILL");
      throw why;
    });
    this.#take(JSON.parse(first));
  }

  #take(overview) {
    this.url = overview.url;
    this.apiUrl = overview.api_url;
    this.devUrl = overview.dev_url;
    this.users = Object.fromEntries(overview.users.map(({ otp_code: _, ...user }) => [user.login, user]));
    this.apps = Object.fromEntries(overview.apps.map((app) => [app.name, app]));
    this.tokens = overview.tokens;
  }

  async otp(login) {
    const { users } = await this.dev("GET", "");
    const code = users.find((user) => user.login === login)?.otp_code;
    if (!code) throw new GrantdError(`${login} has no one-time codes`);
    return code;
  }

  async mails() {
    return (await this.dev("GET", "/mails")).mails;
  }

  async reset() {
    this.#take(await this.dev("POST", "/reset"));
  }

  /** Not by `fetch`, which tests like to replace. */
  dev(method, path, body) {
    const data = body === undefined ? "" : JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(data) };
    return new Promise((resolve, reject) => {
      const asking = request(this.devUrl + path, { method, headers, agent: false }, (answer) => {
        const pieces = [];
        answer.on("data", (piece) => pieces.push(piece));
        answer.on("error", reject);
        answer.on("end", () => {
          const text = Buffer.concat(pieces).toString();
          if (answer.statusCode >= 300) {
            reject(new GrantdError(`${method} ${path}: ${answer.statusCode} ${text.trim()}`));
          } else {
            resolve(text === "" ? undefined : JSON.parse(text));
          }
        });
      });
      asking.on("error", (why) => reject(new GrantdError(`${method} ${path}: ${why.message}`)));
      asking.end(data);
    });
  }

  async stop() {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "close");
    child.stdin.end();
    const patience = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(patience);
  }
}

function clock(server) {
  const read = ({ now }) => new Date(now);
  // Without fractions of a second, which the server's clock does not have.
  const written = (time) => (time instanceof Date ? time.toISOString().replace(/\.\d+Z$/, "Z") : time);
  return {
    now: async () => read(await server.dev("GET", "/clock")),
    set: async (now, running) => read(await server.dev("PUT", "/clock", { now: written(now), running })),
    advance: async (seconds) => read(await server.dev("POST", "/clock", { advance: Math.trunc(seconds) })),
    stop: async () => read(await server.dev("PUT", "/clock", { running: false })),
    run: async () => read(await server.dev("PUT", "/clock", { running: true })),
  };
}

function journal(server) {
  const entries = async (wanted = {}) => {
    const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== undefined));
    return (await server.dev("GET", `/journal?${query}`)).entries;
  };
  return {
    entries,
    last: async () => {
      const entry = (await entries()).at(-1);
      if (!entry) throw new GrantdError("nothing has been asked yet");
      return entry;
    },
    clear: () => server.dev("DELETE", "/journal"),
  };
}

function faults(server) {
  const add = async (fault) => (await server.dev("POST", "/faults", fault)).id;
  return {
    add,
    status: (status, where) => add({ ...where, status }),
    delay: (milliseconds, where) => add({ ...where, delay_ms: milliseconds }),
    cut: (when, where) => add({ ...where, cut: when }),
    rateLimit: (limit = 5000, where) => add({ ...where, rate_limit_spent: limit }),
    brownout: (where) => add({ ...where, brownout: true }),
    remove: (number) => server.dev("DELETE", `/faults/${number}`),
    clear: () => server.dev("DELETE", "/faults"),
  };
}

/** Registers hooks of node:test: one server, reset before each test, stopped at the end. */
export function useGrantd(options) {
  let server;
  before(async () => {
    server = await Grantd.start(options);
  });
  beforeEach(() => server.reset());
  after(() => server?.stop());
  return new Proxy(
    {},
    {
      get(_, name) {
        if (!server) throw new GrantdError("grantd runs from the first test on, not before");
        const value = server[name];
        return typeof value === "function" ? value.bind(server) : value;
      },
    },
  );
}
