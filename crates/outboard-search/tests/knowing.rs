//! What is known of tools beyond their definitions: past use, results, further texts, where values come from.

use crate::fixture::{documents, index};
use outboard_search::{Described, Document, Index, Search, Tuning, Usage};

fn tool(name: &'static str, description: &'static str) -> Document<'static> {
    Document { server: "s", name, description, ..Document::default() }
}

fn places(index: &Index, text: &str, usage: Option<&dyn Fn(usize) -> Usage>) -> Vec<usize> {
    index.search(&Search { text, usage, limit: 10, ..Search::default() }).iter().map(|hit| hit.document).collect()
}

#[test]
fn past_use_decides_among_equals_only() {
    let twins =
        [tool("read_page", "Reads a page."), tool("read_page", "Reads a page."), tool("count_stars", "Counts.")];
    let index = Index::build(twins);
    assert_eq!(places(&index, "read a page", None), [0, 1]);
    let liked = |at: usize| Usage { count: 50, success: 50 * u32::from(at == 1) };
    assert_eq!(places(&index, "read a page", Some(&liked)), [1, 0]);
    let famous = |at: usize| Usage { count: 9_000 * u32::from(at == 0), success: 9_000 };
    assert_eq!(places(&index, "count the stars", Some(&famous)), [2], "use brings nothing in");
    assert_eq!(places(&index, "read a page", Some(&|_| Usage::default())), [0, 1]);
}

#[test]
fn a_much_better_fit_wins_against_any_use() {
    let index = index();
    let famous = |at: usize| Usage { count: u32::MAX * u32::from(at == 1), success: u32::MAX };
    let first = |text| places(&index, text, Some(&famous))[0];
    assert_eq!(first("upload a file to google drive"), 2);
}

#[test]
fn results_and_further_texts_are_searched() {
    let mut extended: Vec<Described> = documents().into_iter().map(Described::from).collect();
    extended[18].results = vec![("humidity_percent", "Dampness of the air")];
    extended[5].texts = vec!["quarterly churn analysis"];
    let index = Index::build(extended);
    assert_eq!(places(&index, "humidity", None)[0], 18);
    assert_eq!(places(&index, "analyse quarterly churn", None)[0], 5);
}

#[test]
fn tools_from_which_parameters_come_are_found_behind_those_that_need_them() {
    let needs = Document {
        parameters: vec![("trip_id", "Comes from `list_zones`"), ("seat", "See **Seat Plan** for the ids")],
        ..tool("book_trip", "Books a trip.")
    };
    let found = |tuning| {
        let other = Document { server: "t", ..tool("seat_plan", "Rows.") };
        let tools = [tool("list_zones", "All of those."), needs.clone(), tool("seat_plan", "Rows."), other];
        places(&Index::build_with(tools, tuning), "book me a trip", None)
    };
    assert_eq!(found(Tuning::default()), [1, 0, 2], "and none of another server");
    assert_eq!(found(Tuning { mention: 0.0, ..Tuning::default() }), [1]);
}
