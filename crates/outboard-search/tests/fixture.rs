//! Thirty tools of nine servers.

use outboard_search::{Document, Index};

type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

pub(crate) const TOOLS: &[Row] = &[
    (
        "google-drive",
        "get_document",
        "Reads the text of a document.",
        &[("documentId", "Which document"), ("fields", "")],
    ),
    ("google-drive", "list_files", "Lists files and folders.", &[("folderId", "Folder to list"), ("pageSize", "")]),
    ("google-drive", "upload_file", "Uploads a file into a folder.", &[("path", "Local path"), ("folderId", "")]),
    ("google-drive", "share_file", "Grants another user access to a file.", &[("fileId", ""), ("email", "With whom")]),
    (
        "salesforce",
        "updateRecord",
        "Updates fields of a record.",
        &[("objectType", ""), ("recordId", ""), ("data", "")],
    ),
    ("salesforce", "queryRecords", "Runs a SOQL query.", &[("soql", "The query")]),
    ("salesforce", "createLead", "Creates a lead from a prospect's details.", &[("company", ""), ("email", "")]),
    ("slack", "post_message", "Posts a message to a channel.", &[("channel", "Channel id"), ("text", "")]),
    ("slack", "list_channels", "Lists the channels of the workspace.", &[("cursor", "")]),
    ("slack", "get_thread", "Reads the replies of a thread.", &[("channel", ""), ("ts", "")]),
    ("github", "create_pull_request", "Opens a pull request.", &[("owner", ""), ("repo", ""), ("head", "Branch")]),
    ("github", "merge_pull_request", "Merges a pull request.", &[("owner", ""), ("repo", ""), ("number", "")]),
    ("github", "search_issues", "Searches issues across repositories.", &[("q", "Search words")]),
    ("github", "delete_branch", "Deletes a branch of a repository.", &[("repo", ""), ("branch", "")]),
    ("github", "list_commits", "Lists the commits of a branch.", &[("repo", ""), ("sha", "")]),
    ("calendar", "create_event", "Puts a meeting into the calendar.", &[("title", ""), ("start", "Date and time")]),
    ("calendar", "find_free_slots", "Finds times when nobody is busy.", &[("date", ""), ("attendees", "")]),
    ("calendar", "cancel_event", "Cancels a meeting and tells its guests.", &[("eventId", "")]),
    ("weather", "forecast", "Weather of the coming days for a city.", &[("city", ""), ("days", "How many days")]),
    ("weather", "air_quality", "Air pollution at a place.", &[("latitude", ""), ("longitude", "")]),
    ("postgres", "run_query", "Runs an SQL statement against the database.", &[("sql", "")]),
    ("postgres", "describe_table", "Shows the columns of a table.", &[("table", "")]),
    ("browser", "navigate", "Opens a web page.", &[("url", "Address of the page")]),
    ("browser", "click", "Clicks an element of the page.", &[("selector", "CSS selector of the element")]),
    ("browser", "screenshot", "Takes a picture of the page or of an element.", &[("selector", ""), ("name", "")]),
    ("browser", "fill", "Types text into an input field.", &[("selector", ""), ("value", "")]),
    ("mail", "send_email", "Sends an e-mail.", &[("to", "Addresses"), ("subject", ""), ("body", "")]),
    ("mail", "search_inbox", "Searches received mail.", &[("query", ""), ("since", "Date")]),
    ("maps", "导航路线", "查询驾车路线和距离。", &[("origin", "起点"), ("destination", "终点")]),
    ("maps", "geocode", "Turns an address into coordinates.", &[("address", "")]),
];

pub(crate) fn documents() -> Vec<Document<'static>> {
    let document = |&(server, name, description, parameters): &Row| Document {
        server,
        name,
        title: "",
        description,
        parameters: parameters.to_vec(),
    };
    TOOLS.iter().map(document).collect()
}

pub(crate) fn index() -> Index {
    Index::build(documents())
}

/// The names found, best first.
pub(crate) fn names(index: &Index, query: &str, limit: usize) -> Vec<&'static str> {
    index.query(query, None, limit).iter().map(|hit| TOOLS[hit.document].1).collect()
}
