import { getDocument } from "./servers/google-drive";
import { updateRecord } from "./servers/salesforce";

const { content } = await getDocument({ documentId: "abc123" });
await updateRecord({ objectType: "Lead", recordId: "00Q000000000001", data: { Notes: content } });
return `${content.length} characters of notes saved`;
