// A mail server for one test: takes everything (RFC 5321, as little as it takes)
// and keeps it.

import { createServer } from "node:net";

export async function mailbox() {
  const letters = [];
  const server = createServer((socket) => {
    let text = "";
    let inLetter = false;
    const say = (line) => socket.write(`${line}\r\n`);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      text += data.toString("utf8");
      for (;;) {
        if (inLetter) {
          const end = text.indexOf("\r\n.\r\n");
          if (end < 0) return;
          letters.push(decoded(text.slice(0, end)));
          text = text.slice(end + 5);
          inLetter = false;
          say("250 kept");
          continue;
        }
        const end = text.indexOf("\r\n");
        if (end < 0) return;
        const verb = text.slice(0, 4).toUpperCase();
        text = text.slice(end + 2);
        if (verb === "DATA") {
          inLetter = true;
          say("354 go on");
        } else if (verb === "QUIT") {
          say("221 bye");
          socket.end();
        } else {
          say("250 yes");
        }
      }
    });
    say("220 mail.test");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `smtp://127.0.0.1:${server.address().port}`,
    /** The next letter that has `wanted` in it. */
    async next(wanted) {
      for (let tries = 0; tries < 200; tries += 1) {
        const at = letters.findIndex((letter) => wanted.test(letter));
        if (at >= 0) return letters.splice(at, 1)[0];
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`no letter with ${wanted} among ${letters.length}`);
    },
    close: () => server.close(),
  };
}

/** A letter with its body readable, as far as quoted-printable and base 64 go. */
function decoded(letter) {
  const at = letter.indexOf("\r\n\r\n");
  const [head, body] = [letter.slice(0, at), letter.slice(at + 4)];
  if (/transfer-encoding: base64/i.test(head)) return `${head}\n\n${Buffer.from(body, "base64").toString("utf8")}`;
  if (!/transfer-encoding: quoted-printable/i.test(head)) return letter;
  const plain = body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return `${head}\n\n${Buffer.from(plain, "latin1").toString("utf8")}`;
}
