// An app's own web server, as far as a flow needs one: it keeps what arrives
// at its callback.

import { createServer } from "node:http";

export async function callback(host = "127.0.0.1") {
  const waiting = [];
  const arrived = [];
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!DOCTYPE html><title>The app</title><h1>Back at the app</h1>");
    const url = new URL(request.url, at);
    if (url.pathname !== "/callback") return;
    const next = waiting.shift();
    if (next) next(url);
    else arrived.push(url);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = `http://${host}:${server.address().port}`;
  return {
    url: `${at}/callback`,
    /** What arrives next, or has arrived. */
    next: () => (arrived.length ? Promise.resolve(arrived.shift()) : new Promise((resolve) => waiting.push(resolve))),
    close: () => server.close(),
  };
}
