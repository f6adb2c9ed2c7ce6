//! mail: messages to people outside. What is sent is kept for the life of the process.

use crate::tool::{Answer, Effect, Server, count, given, number, text, tool};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

pub(crate) fn server() -> Server {
    let sent: Rc<RefCell<Vec<Value>>> = Rc::default();
    let (shown, counted) = (sent.clone(), sent.clone());
    let tools = vec![
        tool(
            "send_email",
            "Sends an e-mail.",
            Effect::Writes,
            &[
                ("to", text("The address"), true),
                ("subject", text("Its subject"), true),
                ("body", text("Its text"), true),
            ],
            None,
            move |arguments| {
                if !given(arguments, "to").contains('@') {
                    return Err(format!("{:?} is no address", given(arguments, "to")));
                }
                let mut sent = sent.borrow_mut();
                sent.push(arguments.clone());
                Ok(Answer::Json(json!({"messageId": format!("msg_{}", sent.len()), "status": "queued"})))
            },
        ),
        tool(
            "list_sent",
            "Lists e-mails that were sent, newest first, and says how many there are in all.",
            Effect::Reads,
            &[("limit", number("At most so many; 20 without it"), false)],
            None,
            move |arguments| {
                let sent = shown.borrow();
                let latest: Vec<_> = sent.iter().rev().take(count(arguments, "limit", 20)).collect();
                Ok(Answer::Json(json!({"total": sent.len(), "messages": latest})))
            },
        ),
        tool(
            "count_sent",
            "Says how many e-mails were sent, and to how many addresses.",
            Effect::Reads,
            &[],
            None,
            move |_| {
                let sent = counted.borrow();
                let addresses: BTreeSet<_> = sent.iter().map(|message| given(message, "to")).collect();
                Ok(Answer::Json(json!({"total": sent.len(), "addresses": addresses.len()})))
            },
        ),
    ];
    Server { name: "mail", title: "E-mail", tools }
}
