// Comfort only: every page works without it. Copies shown secrets, and talks
// to the browser about passkeys. All words come from the page.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent.trim());
    const status = document.getElementById(button.dataset.copy + "-copied");
    if (status) status.textContent = button.dataset.copied;
  });
}

const decode = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
};

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const send = async (form, url, body) => {
  const response = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      "Content-Type": "application/json",
      "Accept": "application/json",
      "X-CSRF-Token": form.elements.csrf.value,
    },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error("refused"), { told: answer.message });
  return answer;
};

const register = async (form) => {
  const { ticket, options } = await send(form, form.dataset.start, {});
  const key = options.publicKey;
  key.challenge = decode(key.challenge);
  key.user.id = decode(key.user.id);
  for (const known of key.excludeCredentials || []) known.id = decode(known.id);
  const made = await navigator.credentials.create({ publicKey: key });
  return send(form, form.dataset.finish, {
    ticket,
    name: form.elements.name.value,
    credential: {
      id: made.id,
      rawId: encode(made.rawId),
      type: made.type,
      extensions: made.getClientExtensionResults(),
      response: {
        attestationObject: encode(made.response.attestationObject),
        clientDataJSON: encode(made.response.clientDataJSON),
        transports: made.response.getTransports ? made.response.getTransports() : undefined,
      },
    },
  });
};

const sign = async (form) => {
  const { ticket, options } = await send(form, form.dataset.start, {});
  const key = options.publicKey;
  key.challenge = decode(key.challenge);
  for (const known of key.allowCredentials || []) known.id = decode(known.id);
  const made = await navigator.credentials.get({ publicKey: key });
  return send(form, form.dataset.finish, {
    ticket,
    return_to: form.elements.return_to ? form.elements.return_to.value : "",
    credential: {
      id: made.id,
      rawId: encode(made.rawId),
      type: made.type,
      extensions: made.getClientExtensionResults(),
      response: {
        authenticatorData: encode(made.response.authenticatorData),
        clientDataJSON: encode(made.response.clientDataJSON),
        signature: encode(made.response.signature),
        userHandle: made.response.userHandle ? encode(made.response.userHandle) : null,
      },
    },
  });
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  for (const other of document.querySelectorAll("[data-without-passkey]")) other.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const status = form.querySelector("[role=status]");
    const button = form.querySelector("button");
    status.textContent = form.dataset.waiting;
    button.disabled = true;
    try {
      const answer = await (form.dataset.passkey === "register" ? register(form) : sign(form));
      window.location.assign(answer.location);
    } catch (error) {
      // What the browser says of itself is in the browser's own language, and for programmers.
      status.textContent = error.told || form.dataset.refused;
      button.disabled = false;
    }
  });
}
