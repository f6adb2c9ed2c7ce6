use crate::fixture::{TOOLS, documents, index, names};
use outboard_search::{Document, Index};

#[test]
fn finds_what_is_meant() {
    let index = index();
    let first = [
        ("get document", "get_document"),
        ("getDocument", "get_document"),
        ("google drive upload", "upload_file"),
        ("update a Salesforce record", "updateRecord"),
        ("notify the team channel on slack", "post_message"),
        ("open a PR", "create_pull_request"),
        ("PR merge", "merge_pull_request"),
        ("find bugs in the repo", "search_issues"),
        ("remove branch", "delete_branch"),
        ("schedule a meeting with Ann for Tuesday", "create_event"),
        ("will it rain tomorrow in Paris", "forecast"),
        ("air pollution", "air_quality"),
        ("db query sql", "run_query"),
        ("go to https://example.org", "navigate"),
        ("press the button '#checkout-btn'", "click"),
        ("take a picture of the page", "screenshot"),
        ("mail the report to bob@example.org", "send_email"),
        ("驾车路线", "导航路线"),
        ("查询路线", "导航路线"),
        ("latitude and longitude of an address", "geocode"),
    ];
    for (query, expected) in first {
        let found = names(&index, query, 3);
        assert_eq!(found.first(), Some(&expected), "{query:?} gave {found:?}");
    }
}

#[test]
fn a_name_finds_its_tool_first_whatever_else_speaks_of_it() {
    let loud = "search flight location: search a flight, search a location, search flight location";
    let document = |server, name, description| Document { server, name, description, ..Document::default() };
    let all = [
        document("travel", "Search_Flights_Location_Near_Location", loud),
        document("booking", "Search_Flight_Location", ""),
        document("trips", "Search_Flight_Location", loud),
        document("flight", "location", loud),
    ];
    let index = Index::build(all);
    let first = |text: &str| index.query(text, None, 1)[0].document;
    for (text, expected) in [
        ("booking.Search_Flight_Location", 1),
        ("booking search flight location", 1),
        ("trips/searchFlightLocation", 2),
        ("flight.location", 3),
        ("search flights location near location", 0),
    ] {
        assert_eq!(first(text), expected, "{text}");
    }
    assert!([1, 2].contains(&first("search flight location")));
}

#[test]
fn forgives_misspelling_and_unfinished_words() {
    let index = index();
    for (query, expected) in
        [("screnshot", "screenshot"), ("calender evnt", "create_event"), ("forec", "forecast"), ("geocoed", "geocode")]
    {
        let found = names(&index, query, 3);
        assert!(found.contains(&expected), "{query:?} gave {found:?}");
    }
}

#[test]
fn one_request_for_two_tools_finds_both() {
    let found = names(&index(), "Read the document from google drive and update the Salesforce record with it", 5);
    assert!(found.contains(&"get_document") && found.contains(&"updateRecord"), "{found:?}");
}

#[test]
fn an_empty_request_lists_in_order() {
    let index = index();
    let all: Vec<usize> = index.query("  ", None, 100).iter().map(|hit| hit.document).collect();
    assert_eq!(all, (0..TOOLS.len()).collect::<Vec<_>>());
    assert_eq!(index.query("", None, 4).len(), 4);
    let github: Vec<usize> =
        index.query("", Some(&|at| TOOLS[at].0 == "github"), 2).iter().map(|hit| hit.document).collect();
    assert_eq!(github, [10, 11]);
}

#[test]
fn the_filter_and_the_limit_hold() {
    let index = index();
    let hits = index.query("list files", Some(&|at| TOOLS[at].0 == "slack"), 10);
    assert!(!hits.is_empty() && hits.iter().all(|hit| TOOLS[hit.document].0 == "slack"));
    assert_eq!(index.query("list", None, 0).len(), 0);
    assert!(index.query("zzzzqqqq", None, 10).is_empty());
}

#[test]
fn a_request_of_stop_words_only_still_means_them() {
    let documents = [("a", "what_is_this"), ("b", "other")];
    let index =
        Index::build(documents.map(|(server, name)| outboard_search::Document { server, name, ..Default::default() }));
    assert_eq!(index.query("what is this", None, 5)[0].document, 0);
}

#[test]
fn equal_scores_keep_the_order_of_building() {
    let twice: Vec<_> = documents().into_iter().chain(documents()).collect();
    let index = Index::build(twice);
    let hits = index.query("forecast", None, 2);
    assert_eq!(hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), [18, 18 + TOOLS.len()]);
}

#[test]
fn scores_never_rise_down_the_list() {
    let index = Index::build(documents().into_iter().cycle().take(300));
    for query in ["file", "list the channels and send a message", "get"] {
        let hits = index.query(query, None, 300);
        assert!(hits.windows(2).all(|pair| pair[0].score >= pair[1].score), "{query}");
    }
}

#[test]
fn a_shorter_list_is_the_beginning_of_a_longer_one() {
    let index = index();
    let of = |limit| -> Vec<usize> {
        index.query("send a message about the file", None, limit).iter().map(|hit| hit.document).collect()
    };
    assert_eq!(of(3), of(12)[..3]);
}

#[test]
fn suggests_near_names() {
    let index = index();
    assert_eq!(index.suggest("get_docment", 3)[0], "get_document");
    assert_eq!(index.suggest("getDocuments", 3)[0], "get_document");
    assert_eq!(index.suggest("gihub", 1), ["github"]);
    assert_eq!(index.suggest("google-drive.get_docment", 1), ["google-drive.get_document"]);
    assert_eq!(index.suggest("pull_request", 2), ["create_pull_request", "merge_pull_request"]);
    assert!(index.suggest("", 3).is_empty() && index.suggest("qqqqqq", 3).is_empty());
}

#[test]
fn an_index_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&index());
}
