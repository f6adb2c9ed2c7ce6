//! `ExportTraceServiceRequest` in protobuf.

use super::protobuf::{self, attribute};
use super::wire::Message;
use crate::span::{Event, Link, Span};

/// Flags of a span whose parent is in another process (bit 8 says that bit 9 is known).
pub(super) const SAMPLED: u32 = 1;

pub(super) fn request(about: &[(String, String)], spans: &[Span]) -> Vec<u8> {
    protobuf::request(about, |scoped| {
        spans.iter().for_each(|span| scoped.message(2, |message| write(message, span)));
    })
}

fn write(message: &mut Message, span: &Span) {
    message.bytes(1, &span.trace.0);
    message.bytes(2, &span.id.0);
    message.text(3, span.state.as_deref().unwrap_or_default());
    message.bytes(4, span.parent.as_ref().map_or(&[], |parent| &parent.0[..]));
    message.text(5, &span.name);
    message.varint(6, span.kind as u64);
    message.fixed64(7, span.start_us * 1_000);
    message.fixed64(8, span.end_us * 1_000);
    span.attributes.iter().for_each(|(key, value)| attribute(message, 9, key, value));
    span.events.iter().for_each(|event| message.message(11, |message| moment(message, event)));
    span.links.iter().for_each(|link| message.message(13, |message| other(message, link)));
    if let Some(failure) = &span.failure {
        message.message(15, |status| {
            status.text(2, failure);
            status.varint(3, 2);
        });
    }
    message.fixed32(16, SAMPLED);
}

fn moment(message: &mut Message, event: &Event) {
    message.fixed64(1, event.at_us * 1_000);
    message.text(2, event.name);
    event.attributes.iter().for_each(|(key, value)| attribute(message, 3, key, value));
}

fn other(message: &mut Message, link: &Link) {
    message.bytes(1, &link.trace.0);
    message.bytes(2, &link.span.0);
    link.attributes.iter().for_each(|(key, value)| attribute(message, 4, key, value));
}
