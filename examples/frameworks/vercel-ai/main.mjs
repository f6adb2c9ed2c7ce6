// The Vercel AI SDK with all of Outboard's servers behind four tools.
//
// OUTBOARD_URL and OUTBOARD_TOKEN reach an `outboard serve --http`; without them Outboard is started over stdio.

import { createMCPClient } from "@ai-sdk/mcp";
import { Experimental_StdioMCPTransport as StdioTransport } from "@ai-sdk/mcp/mcp-stdio";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, stepCountIs } from "ai";

const { OUTBOARD_URL, OUTBOARD_TOKEN, OPENAI_BASE_URL, OPENAI_API_KEY, MODEL } = process.env;

const transport = OUTBOARD_URL
  ? { type: "http", url: OUTBOARD_URL, headers: { Authorization: `Bearer ${OUTBOARD_TOKEN}` } }
  : new StdioTransport({ command: "outboard", args: ["serve"] });
const outboard = await createMCPClient({ transport });
const provider = createOpenAICompatible({
  name: "provider",
  baseURL: OPENAI_BASE_URL ?? "https://api.openai.com/v1",
  apiKey: OPENAI_API_KEY,
});
try {
  const { text } = await generateText({
    model: provider(MODEL ?? "gpt-5.2"),
    tools: await outboard.tools(),
    stopWhen: stepCountIs(20),
    prompt: process.argv[2] ?? "How many pages do the logs have, twice?",
  });
  console.log(text);
} finally {
  await outboard.close();
}
