//! Forty requests for the tools of the fixture, in words that people use rather than those of the tools.

use crate::fixture::{TOOLS, documents};
use outboard_search::{LabelledQuery, LabelledTool, evaluate};

/// The request, and the tools that it needs.
const REQUESTS: &[(&str, &[&str])] = &[
    ("What does the planning doc in my drive say?", &["get_document"]),
    ("Which folders do I have?", &["list_files"]),
    ("Put ./report.pdf into the shared folder", &["upload_file"]),
    ("Let carol@example.org see the budget sheet", &["share_file"]),
    ("Change the phone number of the Salesforce contact", &["updateRecord"]),
    ("How many open opportunities are in Salesforce? Use a query.", &["queryRecords"]),
    ("We met a new prospect at the fair, add the company", &["createLead"]),
    ("Tell everybody in #general that lunch is ready", &["post_message"]),
    ("Which rooms exist in our Slack?", &["list_channels"]),
    ("Show what people replied in that Slack thread", &["get_thread"]),
    ("Propose my branch for review on GitHub", &["create_pull_request"]),
    ("Accept PR 17", &["merge_pull_request"]),
    ("Has somebody reported this bug already?", &["search_issues"]),
    ("Erase the branch old-login", &["delete_branch"]),
    ("What was committed to main lately?", &["list_commits"]),
    ("Arrange a meeting with the team at 3 pm on Monday", &["create_event"]),
    ("When is nobody of us busy next week?", &["find_free_slots"]),
    ("Call off tomorrow's meeting", &["cancel_event"]),
    ("Do I need an umbrella in Oslo this week?", &["forecast"]),
    ("How dirty is the air in Delhi?", &["air_quality"]),
    ("Run SELECT count(*) FROM orders on the database", &["run_query"]),
    ("What columns does the table orders have?", &["describe_table"]),
    ("Visit https://example.com/pricing", &["navigate"]),
    ("Press the element '#buy'", &["click"]),
    ("Make a picture of what the page looks like now", &["screenshot"]),
    ("Type 'hello' into the field '.search-box'", &["fill"]),
    ("Write to dave@example.org that I am late", &["send_email"]),
    ("Did I get mail from the bank?", &["search_inbox"]),
    ("到机场的驾车距离", &["导航路线"]),
    ("Where on earth is 10 Main Street? I need latitude and longitude.", &["geocode"]),
    ("Screnshot of the page pls", &["screenshot"]),
    ("Read the document and e-mail its text to Bob", &["get_document", "send_email"]),
    ("Find the commits of the branch and post them to the channel", &["list_commits", "post_message"]),
    ("Look for a free time and schedule an event", &["find_free_slots", "create_event"]),
    ("Query the database, then upload the result as a file", &["run_query", "upload_file"]),
    ("Open https://example.org and take a screenshot of it", &["navigate", "screenshot"]),
    ("Merge the pull request and delete its branch", &["merge_pull_request", "delete_branch"]),
    ("Get the coordinates of Rome and tell me the air pollution there", &["geocode", "air_quality"]),
    ("Cancel the event and send an email to the guests", &["cancel_event", "send_email"]),
    ("Search the issues and share the file with the list", &["search_issues", "share_file"]),
];

#[test]
fn requests_of_people_find_their_tools() {
    let own = |text: &str| text.to_owned();
    let tool = |document: outboard_search::Document<'_>| LabelledTool {
        id: own(document.name),
        server: own(document.server),
        name: own(document.name),
        title: own(document.title),
        description: own(document.description),
        parameters: document.parameters.iter().map(|(name, doc)| (own(name), own(doc))).collect(),
    };
    let query = |(text, names): &(&str, &[&str])| {
        names.iter().for_each(|name| assert!(TOOLS.iter().any(|tool| tool.1 == *name), "{name} is no tool"));
        LabelledQuery { id: own(text), query: own(text), groups: names.iter().map(|name| vec![own(name)]).collect() }
    };
    let queries: Vec<LabelledQuery> = REQUESTS.iter().map(query).collect();
    let report = evaluate(&documents().into_iter().map(tool).collect::<Vec<_>>(), &queries);
    let missed = report.answers.iter().zip(&queries).filter(|(answer, _)| answer.recall(5) < 1.0);
    let missed: Vec<&str> = missed.map(|(_, query)| query.query.as_str()).collect();
    assert!(report.recall_at_5 >= 90.0 && report.mrr >= 0.85, "{report}\nmissed: {missed:#?}");
}
