//! An updated index is the index that building anew would give.

use crate::fixture::documents;
use outboard_search::{Described, Document, Index};
use proptest::prelude::*;

const REQUESTS: &[&str] =
    &["", "send a mesage about the file", "list channels, then merge the pull request", "for", "zebra"];

fn assert_same(a: &Index, b: &Index, request: &str) {
    assert_eq!(a.len(), b.len());
    assert_eq!(a.query(request, None, 100), b.query(request, None, 100), "{request:?}");
    assert_eq!(a.suggest(request, 10), b.suggest(request, 10));
}

#[test]
fn a_server_is_exchanged_in_its_place() {
    let all = documents();
    let new =
        |server| {
            [("list_zebras", "Lists striped animals."), ("post_message", "Posts.")]
                .map(|(name, description)| Document { server, name, description, ..Document::default() })
        };
    let rest = |keep: &dyn Fn(&&Document<'static>) -> bool| all.iter().filter(keep).cloned().collect::<Vec<_>>();
    let at = all.iter().position(|document| document.server == "slack").unwrap();
    let mut expected = rest(&|document| document.server != "slack");
    expected.splice(at..at, new("slack"));
    // What the new ones call their server does not matter.
    let updated = Index::build(all.clone()).update("slack", new("other"));
    for request in REQUESTS {
        assert_same(&updated, &Index::build(expected.clone()), request);
    }
    let appended = Index::build(all.clone()).update("zoo", new("zoo"));
    assert_eq!(appended.query("zebras", None, 1)[0].document, all.len());
    let removed = updated.update("slack", std::iter::empty::<Document>());
    for request in REQUESTS {
        assert_same(&removed, &Index::build(rest(&|document| document.server != "slack")), request);
        assert_same(&removed.update("slack", std::iter::empty::<Document>()), &removed, request);
    }
}

proptest! {
    #[test]
    fn any_row_of_updates_equals_a_rebuild(
        rows in prop::collection::vec((0usize..4, "[a-d]{1,3}_[a-d]{1,3}", "[a-f ]{0,20}"), 0..12),
        updates in prop::collection::vec((0usize..5, prop::collection::vec(("[a-e]{1,3}_[a-d]{1,3}", "[a-g ]{0,20}"), 0..4)), 1..4),
        request in "[a-g ]{1,12}",
    ) {
        const SERVERS: [&str; 5] = ["one", "two", "three", "four", "five"];
        type Row = (usize, String, String);
        fn document(row: &Row) -> Described<'_> {
            let document = Document { server: SERVERS[row.0], name: &row.1, description: &row.2, parameters: vec![("id", &row.2)], ..Document::default() };
            Described { document, results: vec![(&row.1, "")], texts: vec![&row.2] }
        }
        let mut rows: Vec<Row> = rows;
        let mut index = Index::build(rows.iter().map(document));
        for (server, new) in updates {
            let new: Vec<Row> = new.into_iter().map(|(name, text)| (server, name, text)).collect();
            index = index.update(SERVERS[server], new.iter().map(document));
            let at = rows.iter().position(|row| row.0 == server);
            rows.retain(|row| row.0 != server);
            let at = at.unwrap_or(rows.len());
            rows.splice(at..at, new);
        }
        assert_same(&index, &Index::build(rows.iter().map(document)), &request);
    }
}
