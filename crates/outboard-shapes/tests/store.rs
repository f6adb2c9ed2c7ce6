//! The shapes of all tools: publishing, storing, forgetting.

use crate::support::SALT;
use outboard_shapes::{Key, Observed, Shapes};
use outboard_types::{Digest, ServerName, ToolName};

fn key(tool: &str, definition: &str) -> Key {
    let server = ServerName::new("shop").unwrap();
    Key { server, tool: ToolName::new(tool).unwrap(), definition: Digest::of(definition), principal: None }
}

#[test]
fn what_is_published_stays_until_it_is_published_again() {
    let (mut shapes, one) = (Shapes::new(SALT), key("list", "v1"));
    assert_eq!(shapes.observe(&one, r#"{"a":1}"#, 10), Ok(Observed::Changed));
    assert!(shapes.changed(2).is_empty() && shapes.published(&one).is_none());
    assert_eq!(shapes.observe(&one, r#"{"a":2}"#, 20), Ok(Observed::Same));
    assert_eq!((shapes.changed(2), shapes.rows()[0].status), (vec![&one], "new"));
    assert_eq!((shapes.publish(2), shapes.publish(2)), (1, 0));
    let published = shapes.published(&one).unwrap().clone();
    shapes.observe(&one, r#"{"a":3}"#, 30).unwrap();
    assert!(shapes.changed(2).is_empty(), "how often it was seen is no change");
    shapes.observe(&one, r#"{"b":"x y"}"#, 30).unwrap();
    assert_eq!(shapes.published(&one), Some(&published));
    assert_eq!((shapes.changed(2), shapes.rows()[0].status), (vec![&one], "changed"));
    shapes.publish(2);
    assert!(shapes.published(&one).unwrap()["properties"].get("b").is_some());
}

#[test]
fn another_definition_or_principal_is_another_shape() {
    let mut shapes = Shapes::new(SALT);
    let keys = [key("list", "v1"), key("list", "v2"), Key { principal: Some("ann".into()), ..key("list", "v1") }];
    for key in &keys {
        shapes.observe(key, "{}", 0).unwrap();
    }
    assert_eq!(shapes.rows().len(), 3);
    assert_eq!(shapes.reset(|key| key.definition == Digest::of("v1")).len(), 2);
    assert!(shapes.get(&keys[0]).is_none() && shapes.get(&keys[1]).is_some());
    let row = serde_json::to_value(&shapes.rows()[0]).unwrap();
    assert_eq!((&row["id"], &row["server"], &row["status"]), (&"shop/list".into(), &"shop".into(), &"new".into()));
}

#[test]
fn shapes_are_saved_once_and_restored_into_what_was_learned_meanwhile() {
    let (mut shapes, one) = (Shapes::new(SALT), key("list", "v1"));
    shapes.observe(&one, r#"{"a":1}"#, 100).unwrap();
    shapes.observe(&one, "no json", 100).unwrap_err();
    let saved = shapes.unsaved();
    assert_eq!((saved.len(), shapes.unsaved().len()), (1, 0));
    let mut later = Shapes::new(SALT);
    later.observe(&one, r#"{"b":true}"#, 200).unwrap();
    later.restore(one.clone(), &saved[0].1).unwrap();
    let shape = later.get(&one).unwrap();
    assert_eq!((shape.seen(), shape.seen_between()), (2, (100, 200)));
    let schema = shape.to_schema();
    assert!(schema["properties"].get("a").is_some() && schema["properties"].get("b").is_some());
    assert!(schema.get("required").is_none());
    assert_eq!(later.unsaved().len(), 1);
    assert!(later.restore(one, "{").unwrap_err().to_string().contains("damaged"));
}
