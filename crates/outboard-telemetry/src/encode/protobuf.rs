//! What both signals have in common, in protobuf. Numbers are those of the `.proto` files of OTLP 1.

use super::wire::Message;
use crate::names;
use crate::span::Value;

/// A request of either signal: who sends it, what made it, and what is sent.
pub(super) fn request(about: &[(String, String)], fill: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |all| {
        all.message(1, |message| resource(message, about));
        all.message(2, |scoped| {
            scoped.message(1, scope);
            fill(scoped);
        });
    });
    request.into_bytes()
}

/// `Resource`.
fn resource(message: &mut Message, resource: &[(String, String)]) {
    for (key, value) in resource {
        message.message(1, |pair| {
            pair.text(1, key);
            pair.message(2, |any| any.bytes_always(1, value.as_bytes()));
        });
    }
}

/// `InstrumentationScope`.
fn scope(message: &mut Message) {
    message.text(1, names::SCOPE);
    message.text(2, env!("CARGO_PKG_VERSION"));
}

/// `KeyValue` in this field of a message.
pub(super) fn attribute(message: &mut Message, field: u32, key: &str, value: &Value) {
    message.message(field, |pair| {
        pair.text(1, key);
        pair.message(2, |any| match value {
            Value::Text(text) => any.bytes_always(1, text.as_bytes()),
            Value::Flag(flag) => any.varint_always(2, u64::from(*flag)),
            Value::Int(number) => any.varint_always(3, number.cast_unsigned()),
        });
    });
}
