use crate::fixture::index;
use outboard_search::{Document, Index};
use proptest::prelude::*;

proptest! {
    #[test]
    fn no_text_makes_a_query_panic(query in ".{0,400}", limit in 0usize..60) {
        let index = index();
        let hits = index.query(&query, None, limit);
        prop_assert!(hits.len() <= limit);
        prop_assert!(hits.iter().all(|hit| hit.document < index.len() && hit.score.is_finite()));
        prop_assert!(index.suggest(&query, 5).len() <= 5);
        prop_assert_eq!(hits, index.query(&query, None, limit));
    }

    #[test]
    fn no_text_makes_building_panic(texts in prop::collection::vec(".{0,80}", 5..20), query in ".{0,40}") {
        let document = |at: usize| Document {
            server: &texts[at],
            name: &texts[(at + 1) % texts.len()],
            title: &texts[(at + 2) % texts.len()],
            description: &texts[(at + 3) % texts.len()],
            parameters: vec![(&texts[(at + 4) % texts.len()], &texts[at])],
        };
        let index = Index::build((0..texts.len()).map(document));
        let _ = index.query(&query, None, 10);
        let _ = index.query(&texts[0], None, 10);
        let _ = index.suggest(&texts[1], 3);
    }
}

#[test]
fn awkward_texts_do_no_harm() {
    let long = "weather ".repeat(50_000);
    let index = index();
    assert_eq!(index.query(&long, None, 1)[0].document, 18);
    for query in ["'", "\"", "#", ".", "https://", "$", "İİİİ", "ﬁ ǅ ß", "\u{301}\u{301}", "\0", "a'b'c'd", "👩‍👩‍👧", "٣٤٥"]
    {
        let _ = (index.query(query, None, 5), index.suggest(query, 5));
    }
    let huge = "x".repeat(1_000_000);
    let index = Index::build([Document { name: &huge, description: &huge, ..Document::default() }]);
    assert_eq!(index.len(), 1);
    assert!(Index::build::<Document>([]).query("anything", None, 5).is_empty());
    assert!(Index::build::<Document>([]).suggest("anything", 5).is_empty());
}
