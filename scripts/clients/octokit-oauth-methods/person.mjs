// A person who says yes to a device, without a browser: forms are read from the
// pages, filled in and sent. What pages look like is the browser suite's affair.

import { strict as assert } from "node:assert";

const attribute = (tag, name) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];

export class Person {
  #base;
  #cookies = new Map();

  constructor(base) {
    this.#base = base;
  }

  async signIn(login, password) {
    const page = await this.#get("/login");
    const { status } = await this.#submit(page, "/login", { login, password });
    assert.equal(status, 303, "the password is taken");
  }

  async approveDevice(userCode) {
    const asked = await this.#submit(await this.#get("/login/device"), "/login/device", { user_code: userCode });
    assert.equal(asked.status, 200, "the user code is known");
    const { status } = await this.#submit(await asked.text(), "/login/device/decision", { decision: "approve" });
    assert.equal(status, 303, "the decision is taken");
  }

  async #fetch(path, options = {}) {
    const headers = { ...options.headers, cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; ") };
    const answer = await fetch(this.#base + path, { ...options, headers, redirect: "manual" });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, ...value] = cookie.split(";", 1)[0].split("=");
      this.#cookies.set(name, value.join("="));
    }
    return answer;
  }

  async #get(path) {
    const answer = await this.#fetch(path, { headers: { accept: "text/html" } });
    assert.equal(answer.status, 200, path);
    return answer.text();
  }

  /** Sends the form that goes to `action`, with its hidden fields and these values. */
  #submit(page, action, values) {
    const form = page.split("<form").find((part) => attribute(part.split(">", 1)[0], "action") === action);
    assert.ok(form, `a form for ${action}`);
    const hidden = form.split("</form>", 1)[0].match(/<input[^>]*type="hidden"[^>]*>/g) ?? [];
    const fields = hidden.map((tag) => [attribute(tag, "name"), attribute(tag, "value") ?? ""]);
    return this.#fetch(action, {
      method: "POST",
      headers: { accept: "text/html", origin: this.#base },
      body: new URLSearchParams({ ...Object.fromEntries(fields), ...values }),
    });
  }
}
