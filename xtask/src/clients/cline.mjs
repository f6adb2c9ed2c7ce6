// Connects to the servers of Cline's own file with Cline's own library, and says what the first one offers.
import * as core from "@cline/core";

const [server] = core.resolveMcpServerRegistrations({ filePath: core.resolveDefaultMcpSettingsPath() });
const client = await core.createDefaultMcpServerClientFactory()(server);
await client.connect?.();
const tools = await client.listTools();
console.log(`${server.name}: ${tools.map((tool) => tool.name).join(", ")}`);
process.exit(0);
