// A real authorization server, and a small MCP server that takes its tokens. Whoever signs in is let in as "ada".
// usage: node provider.mjs FOLDER-OF-PACKAGES SECONDS KEYS; writes private keys of two clients that sign in by themselves
// into the folder KEYS, prints its port, then one line for each token that it grants or takes back.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";

const [folder, seconds, keys] = process.argv.slice(2);
const { default: Provider } = await import(`${folder}/node_modules/oidc-provider/lib/index.js`);

const server = http.createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const here = `http://127.0.0.1:${server.address().port}`;
const resource = `${here}/mcp`;

// A client that shows who it is with a key of this kind.
function robot(name, algorithm, kind, options) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync(kind, options);
  fs.writeFileSync(`${keys}/${name}.pem`, privateKey.export({ type: "pkcs8", format: "pem" }));
  return {
    client_id: name,
    redirect_uris: [],
    response_types: [],
    grant_types: ["client_credentials"],
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: algorithm,
    jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid: name, use: "sig", alg: algorithm }] },
  };
}

const provider = new Provider(here, {
  clients: [
    robot("ec", "ES256", "ec", { namedCurve: "P-256" }),
    robot("rsa", "RS256", "rsa", { modulusLength: 2048 }),
  ],
  scopes: ["offline_access", "read"],
  cookies: { keys: ["only for a test"] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: "read", accessTokenTTL: Number(seconds), accessTokenFormat: "opaque" }),
      useGrantedResource: () => true,
    },
  },
});
for (const event of ["grant.success", "grant.revoked", "grant.error", "revocation.error", "server_error", "registration_create.error", "authorization.error"]) {
  provider.on(event, (context, error) => console.log(event, context.oidc?.params?.grant_type ?? "", error?.message ?? ""));
}

// Signs in and agrees to everything, as a person in a hurry.
async function interact(request, response) {
  const { prompt, params, grantId, session } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: "ada" } });
  }
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope ?? "");
  grant.addResourceScope(resource, params.scope ?? "");
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

function json(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

async function mcp(request, response) {
  let text = "";
  for await (const chunk of request) text += chunk;
  const given = (request.headers.authorization ?? "").replace("Bearer ", "");
  const token = (await provider.AccessToken.find(given)) ?? (await provider.ClientCredentials.find(given));
  if (!token || token.isExpired || token.aud !== resource) {
    const challenge = `Bearer resource_metadata="${here}/.well-known/oauth-protected-resource/mcp", scope="read"`;
    return json(response, 401, {}, { "www-authenticate": challenge });
  }
  const message = text ? JSON.parse(text) : {};
  const results = {
    initialize: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "real", version: "1" } },
    "tools/list": { tools: [{ name: "whoami", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } }] },
    "tools/call": { content: [{ type: "text", text: `you are ${token.accountId ?? token.clientId} with ${token.scope}` }] },
  };
  if (request.method !== "POST") return json(response, 405, {});
  if (message.id === undefined) return json(response, 202, {});
  const result = results[message.method];
  const error = { code: -32601, message: "no such method" };
  return json(response, 200, { jsonrpc: "2.0", id: message.id, ...(result ? { result } : { error }) });
}

const callback = provider.callback();
server.on("request", (request, response) => {
  const path = request.url.split("?")[0];
  const failed = (error) => json(response, 500, { error: error.message });
  if (path === "/mcp") return mcp(request, response).catch(failed);
  if (path.startsWith("/interaction/")) return interact(request, response).catch(failed);
  if (path === "/.well-known/oauth-protected-resource/mcp") {
    return json(response, 200, { resource, authorization_servers: [here], scopes_supported: ["read"] });
  }
  return callback(request, response);
});
console.log(server.address().port);
