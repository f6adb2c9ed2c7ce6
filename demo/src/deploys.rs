//! deploys: a status that changes with the number of looks at it.

use crate::tool::{Answer, Effect, Server, given, object, text, tool};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

const STATES: [&str; 4] = ["queued", "building", "deploying", "complete"];

/// Looks at each deploy so far.
type Looks = Rc<RefCell<BTreeMap<String, usize>>>;

pub(crate) fn server() -> Server {
    let looks: Looks = Rc::new(RefCell::new(BTreeMap::from([("dep_1".to_owned(), 0), ("dep_2".to_owned(), 9)])));
    let (listed, looked, started, rolled) = (looks.clone(), looks.clone(), looks.clone(), looks.clone());
    let mut last = looks.borrow().len();
    let id = || ("deployId", text("The deploy's id"), true);
    let status = object(json!({"deployId": {"type": "string"}, "status": {"type": "string", "enum": STATES}}));
    let tools = vec![
        tool("list_deploys", "Lists all deploys with their status.", Effect::Reads, &[], None, move |_| {
            Ok(Answer::Json(json!(listed.borrow().iter().map(|(id, looks)| shown(id, *looks)).collect::<Vec<_>>())))
        }),
        tool(
            "get_status",
            "Reads the status of a deploy: queued, building, deploying, then complete.",
            Effect::Reads,
            &[id()],
            Some(status),
            move |arguments| {
                let mut all = looked.borrow_mut();
                let id = given(arguments, "deployId");
                let looks =
                    all.get_mut(id).ok_or_else(|| format!("no deploy {id:?}; list_deploys shows what there is"))?;
                *looks += 1;
                Ok(Answer::Structured(shown(id, *looks - 1)))
            },
        ),
        tool(
            "start_deploy",
            "Starts a deploy of a service.",
            Effect::Writes,
            &[("service", text("Which service, such as checkout"), true)],
            None,
            move |_| {
                let mut all = started.borrow_mut();
                // A number is never used twice, even if its deploy was rolled back.
                last += 1;
                let id = format!("dep_{last}");
                all.insert(id.clone(), 0);
                Ok(Answer::Json(shown(&id, 0)))
            },
        ),
        tool("rollback", "Rolls a deploy back. Users notice.", Effect::Destroys, &[id()], None, move |arguments| {
            let id = given(arguments, "deployId");
            rolled
                .borrow_mut()
                .remove(id)
                .map(|_| Answer::Text(format!("{id} rolled back")))
                .ok_or_else(|| format!("no deploy {id:?}; list_deploys shows what there is"))
        }),
    ];
    Server { name: "deploys", title: "Deployments", tools }
}

/// Two looks a state.
fn shown(id: &str, looks: usize) -> Value {
    json!({"deployId": id, "status": STATES[(looks / 2).min(STATES.len() - 1)]})
}
