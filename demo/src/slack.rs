//! slack: channels and messages. What is sent is kept for the life of the process.

use crate::made_up::MadeUp;
use crate::tool::{Answer, Effect, Server, count, given, number, object, text, tool};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

const CHANNELS: [(&str, &str); 4] =
    [("C1", "#general"), ("C2", "#sales"), ("C3", "#engineering"), ("C123456", "#deploys")];

pub(crate) fn server() -> Server {
    let messages = Rc::new(RefCell::new(history()));
    let (sent, read, announced) = (messages.clone(), messages.clone(), messages);
    let channel = || ("channel", text("Channel name with # or its id"), true);
    let receipt = object(json!({"ok": {"type": "boolean"}, "channel": {"type": "string"}, "ts": {"type": "string"}}));
    let tools = vec![
        tool(
            "send_message",
            "Sends a message to a channel.",
            Effect::Writes,
            &[channel(), ("text", text("What to say"), true)],
            Some(receipt),
            move |arguments| send(&mut sent.borrow_mut(), given(arguments, "channel"), given(arguments, "text")),
        ),
        tool("list_channels", "Lists all channels.", Effect::Reads, &[], None, |_| {
            Ok(Answer::Json(json!(CHANNELS.map(|(id, name)| json!({"id": id, "name": name})))))
        }),
        tool(
            "get_channel_history",
            "Reads the latest messages of a channel, newest first.",
            Effect::Reads,
            &[channel(), ("limit", number("At most so many; 100 without it"), false)],
            None,
            move |arguments| {
                let name = named(given(arguments, "channel"))?;
                let all = read.borrow();
                let latest = all.iter().rev().filter(|message| message["channel"] == name);
                Ok(Answer::Json(json!(latest.take(count(arguments, "limit", 100)).collect::<Vec<_>>())))
            },
        ),
        tool(
            "upload_file",
            "Uploads a text file to a channel.",
            Effect::Writes,
            &[channel(), ("filename", text("Its name"), true), ("content", text("Its text"), true)],
            None,
            |arguments| {
                let name = named(given(arguments, "channel"))?;
                Ok(Answer::Text(format!("uploaded {} to {name}", given(arguments, "filename"))))
            },
        ),
        tool(
            "post_message_to_all_hands",
            "Sends a message to everybody in the company. Cannot be taken back.",
            Effect::Destroys,
            &[("text", text("What to say"), true)],
            None,
            move |arguments| send(&mut announced.borrow_mut(), "#general", given(arguments, "text")),
        ),
    ];
    Server { name: "slack", title: "Channels and messages", tools }
}

fn named(channel: &str) -> Result<&'static str, String> {
    let found = CHANNELS
        .iter()
        .find(|(id, name)| *id == channel || *name == channel || name.trim_start_matches('#') == channel);
    found.map(|(_, name)| *name).ok_or_else(|| format!("no channel {channel:?}; list_channels shows what there is"))
}

fn send(messages: &mut Vec<Value>, channel: &str, text: &str) -> Result<Answer, String> {
    let name = named(channel)?;
    let stamp = format!("{}.000", 1_800_000_000 + messages.len());
    messages.push(json!({"channel": name, "user": "outboard", "text": text, "ts": stamp}));
    Ok(Answer::Structured(json!({"ok": true, "channel": name, "ts": stamp})))
}

fn history() -> Vec<Value> {
    const SAID: &[&str] =
        &["on it", "deployment complete", "looks good to me", "who is on call?", "lunch?", "build is green"];
    let mut made_up = MadeUp::new(5);
    (0..120)
        .map(|at| {
            let (_, name) = CHANNELS[at % CHANNELS.len()];
            json!({"channel": name, "user": made_up.person(), "text": made_up.one_of(SAID), "ts": format!("{}.000", 1_790_000_000 + at)})
        })
        .collect()
}
