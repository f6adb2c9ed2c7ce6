const { records } = await salesforce.query({
  query: "SELECT Id, Name, Company, EngagementScore FROM Lead LIMIT 500",
});
const engaged = records.filter((lead) => lead.EngagementScore > 80);
await Promise.all(engaged.map((lead) =>
  slack.sendMessage({ channel: "#sales", text: `${lead.Name} of ${lead.Company} is engaged` })));
return `${engaged.length} of ${records.length} leads messaged`;
