// A real authorization server, and a small MCP server that takes its tokens. Whoever signs in is let in as "ada".
// usage: node provider.mjs FOLDER-OF-PACKAGES SECONDS; prints its port, then one line for each token that it grants.
import http from "node:http";

const [folder, seconds] = process.argv.slice(2);
const { default: Provider } = await import(`${folder}/node_modules/oidc-provider/lib/index.js`);

const server = http.createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const here = `http://127.0.0.1:${server.address().port}`;
const resource = `${here}/mcp`;

const provider = new Provider(here, {
  clients: [],
  scopes: ["offline_access", "read"],
  cookies: { keys: ["only for a test"] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: "read", accessTokenTTL: Number(seconds), accessTokenFormat: "opaque" }),
      useGrantedResource: () => true,
    },
  },
});
for (const event of ["grant.success", "grant.error", "server_error", "registration_create.error", "authorization.error"]) {
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
  const token = await provider.AccessToken.find((request.headers.authorization ?? "").replace("Bearer ", ""));
  if (!token || token.isExpired || token.aud !== resource) {
    const challenge = `Bearer resource_metadata="${here}/.well-known/oauth-protected-resource/mcp", scope="read"`;
    return json(response, 401, {}, { "www-authenticate": challenge });
  }
  const message = text ? JSON.parse(text) : {};
  const results = {
    initialize: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "real", version: "1" } },
    "tools/list": { tools: [{ name: "whoami", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } }] },
    "tools/call": { content: [{ type: "text", text: `you are ${token.accountId} with ${token.scope}` }] },
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
