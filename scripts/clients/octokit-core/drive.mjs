// The request lines that GitHub's documentation prints for the fourteen operations,
// sent by today's @octokit/core. Only ids, credentials and placeholders differ.
// What it needs stands in the environment: see ../lib.sh.

import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { Octokit } from "@octokit/core";

const { API_URL, USER_LOGIN, USER_PASSWORD, CLIENT_ID, CLIENT_SECRET } = process.env;
const run = randomBytes(4).toString("hex");

/** A client that signs in with Basic, as the documentation wants it. */
function basic(name, password) {
  const octokit = new Octokit({ baseUrl: API_URL, log: { debug() {}, info() {}, warn() {}, error() {} } });
  const authorization = "basic " + Buffer.from(`${name}:${password}`).toString("base64");
  octokit.request = octokit.request.defaults({ headers: { authorization } });
  return octokit;
}

const user = basic(USER_LOGIN, USER_PASSWORD);
const app = basic(CLIENT_ID, CLIENT_SECRET);

let failures = 0;
async function step(name, octokit, status, action) {
  try {
    const response = await action(octokit).catch((error) => {
      if (error.status === undefined) throw error;
      return error;
    });
    assert.equal(response.status, status, response.message);
    console.log(`ok - ${name}: ${status}`);
    return response.data;
  } catch (error) {
    failures += 1;
    console.log(`not ok - ${name}: ${String(error.message).split("\n").join(" ")}`);
    return { id: 0, token: "none" };
  }
}

const grants = (await user.request("GET /applications/grants")).data;
for (const grant of grants.filter(({ app }) => app.client_id === CLIENT_ID)) {
  await user.request("DELETE /applications/grants/{grant_id}", { grant_id: grant.id });
}

await step("create-authorization, as printed", user, 422, async (octokit) =>
  await octokit.request('POST /authorizations', {
    scopes: [
      'scopes'
    ]
  })
);
const personal = await step("create-authorization", user, 201, async (octokit) =>
  await octokit.request('POST /authorizations', {
    note: `core ${run}`,
    scopes: [
      'public_repo'
    ]
  })
);
await step("list-authorizations", user, 200, async (octokit) =>
  await octokit.request('GET /authorizations')
);
await step("get-authorization", user, 200, async (octokit) =>
  await octokit.request('GET /authorizations/{authorization_id}', {
    authorization_id: personal.id
  })
);
await step("update-authorization", user, 200, async (octokit) =>
  await octokit.request('PATCH /authorizations/{authorization_id}', {
    authorization_id: personal.id,
    scopes: [
      'gist'
    ]
  })
);
await step("delete-authorization", user, 204, async (octokit) =>
  await octokit.request('DELETE /authorizations/{authorization_id}', {
    authorization_id: personal.id
  })
);

const plain = await step("get-or-create-authorization-for-app", user, 201, async (octokit) =>
  await octokit.request('PUT /authorizations/clients/{client_id}', {
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET
  })
);
const marked = await step("get-or-create-authorization-for-app-and-fingerprint", user, 201, async (octokit) =>
  await octokit.request('PUT /authorizations/clients/{client_id}/{fingerprint}', {
    client_id: CLIENT_ID,
    fingerprint: `core-${run}`,
    client_secret: CLIENT_SECRET
  })
);
const listed = await step("list-grants", user, 200, async (octokit) =>
  await octokit.request('GET /applications/grants')
);
const grant = [].concat(listed).find(({ app }) => app?.client_id === CLIENT_ID) ?? { id: 0 };
await step("get-grant", user, 200, async (octokit) =>
  await octokit.request('GET /applications/grants/{grant_id}', {
    grant_id: grant.id
  })
);

await step("check-authorization", app, 200, async (octokit) =>
  await octokit.request('GET /applications/{client_id}/tokens/{access_token}', {
    client_id: CLIENT_ID,
    access_token: marked.token
  })
);
const reset = await step("reset-authorization", app, 200, async (octokit) =>
  await octokit.request('POST /applications/{client_id}/tokens/{access_token}', {
    client_id: CLIENT_ID,
    access_token: marked.token
  })
);
await step("revoke-authorization-for-application", app, 204, async (octokit) =>
  await octokit.request('DELETE /applications/{client_id}/tokens/{access_token}', {
    client_id: CLIENT_ID,
    access_token: reset.token
  })
);
await step("delete-grant", user, 204, async (octokit) =>
  await octokit.request('DELETE /applications/grants/{grant_id}', {
    grant_id: grant.id
  })
);
await step("check-authorization, after its grant", app, 404, async (octokit) =>
  await octokit.request('GET /applications/{client_id}/tokens/{access_token}', {
    client_id: CLIENT_ID,
    access_token: plain.token
  })
);
const last = await step("get-or-create-authorization-for-app, again", user, 201, async (octokit) =>
  await octokit.request('PUT /authorizations/clients/{client_id}', {
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET
  })
);
await step("revoke-grant-for-application", app, 204, async (octokit) =>
  await octokit.request('DELETE /applications/{client_id}/grants/{access_token}', {
    client_id: CLIENT_ID,
    access_token: last.token
  })
);

process.exitCode = failures === 0 ? 0 : 1;
