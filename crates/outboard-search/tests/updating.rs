//! A renewed index is the index that building anew would give.

use crate::fixture::documents;
use outboard_search::{Described, Document, Index, Next};
use proptest::prelude::*;

const REQUESTS: &[&str] =
    &["", "send a mesage about the file", "list channels, then merge the pull request", "for", "zebra"];

fn assert_same(a: &Index, b: &Index, request: &str) {
    assert_eq!(a.len(), b.len());
    assert_eq!(a.query(request, None, 100), b.query(request, None, 100), "{request:?}");
    assert_eq!(a.suggest(request, 10), b.suggest(request, 10));
}

#[test]
fn documents_come_go_and_move() {
    let all = documents();
    let new = [("list_zebras", "Lists striped animals."), ("post_message", "Posts.")]
        .map(|(name, description)| Document { server: "zoo", name, description, ..Document::default() });
    let before = Index::build(all.clone());
    let kept = |at: usize| (Next::Kept(at), all[at].clone());
    let read = |at: usize| (Next::Read(new[at].clone().into()), new[at].clone());
    let end = all.len();
    let rows: [Vec<_>; 5] = [
        (0..end).map(kept).collect(),
        (0..end).rev().map(kept).chain([read(0)]).collect(),
        (0..3).map(kept).chain([read(1), read(0)]).chain((5..end).map(kept)).collect(),
        vec![read(0), kept(4), kept(4)],
        Vec::new(),
    ];
    for row in rows {
        let (next, documents): (Vec<_>, Vec<_>) = row.into_iter().unzip();
        let (renewed, anew) = (before.renewed(next), Index::build(documents));
        for request in REQUESTS {
            assert_same(&renewed, &anew, request);
        }
    }
    assert!(before.renewed([Next::Kept(end)]).is_empty(), "there is no such document");
}

proptest! {
    #[test]
    fn any_row_of_renewals_equals_a_rebuild(
        rows in prop::collection::vec((0usize..4, "[a-d]{1,3}_[a-d]{1,3}", "[a-f ]{0,20}"), 0..12),
        renewals in prop::collection::vec(
            prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), 0usize..5, "[a-e]{1,3}_[a-d]{1,3}", "[a-g ]{0,20}"), 0..10),
            1..4,
        ),
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
        for renewal in renewals {
            let steps: Vec<(Option<usize>, Row)> = renewal.into_iter().map(|(which, keep, server, name, text)| {
                let kept = (keep && !rows.is_empty()).then(|| which.index(rows.len()));
                (kept, kept.map_or((server, name, text), |at| rows[at].clone()))
            }).collect();
            index = index.renewed(steps.iter().map(|(kept, row)| kept.map_or_else(|| Next::Read(document(row)), Next::Kept)));
            rows = steps.into_iter().map(|(_, row)| row).collect();
        }
        assert_same(&index, &Index::build(rows.iter().map(document)), &request);
    }
}
