//! Which trace something belongs to: W3C trace context, and ids that follow from an execution.
//!
//! Ids of our own spans are digests of the execution's id and of what the span is about. Whoever knows the
//! execution can name them again, in any process and at any time; nobody can tell the execution from them.

use crate::ExecutionId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Longest `tracestate` that is passed on, in bytes; the W3C format asks for at least so much.
const STATE: usize = 512;

/// The id of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub [u8; 16]);

/// The id of a span in its trace.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub [u8; 8]);

impl TraceId {
    /// The trace of an execution whose client named none.
    pub fn of(execution: &ExecutionId) -> Self {
        Self(digest(execution, "trace"))
    }
}

impl SpanId {
    /// The span of an execution that is about `what`.
    pub fn of(execution: &ExecutionId, what: &str) -> Self {
        Self(digest(execution, what))
    }

    /// The span of the execution itself.
    pub fn of_run(execution: &ExecutionId) -> Self {
        Self::of(execution, "run")
    }

    /// The span of one of its calls.
    pub fn of_call(execution: &ExecutionId, number: u64) -> Self {
        Self::of(execution, &format!("call {number}"))
    }
}

fn digest<const N: usize>(execution: &ExecutionId, what: &str) -> [u8; N] {
    let hash = Sha256::new().chain_update(execution.as_str()).chain_update([0]).chain_update(what).finalize();
    let mut id = [0; N];
    id.copy_from_slice(&hash[..N]);
    id
}

macro_rules! hexadecimal {
    ($type:ident) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}
hexadecimal!(TraceId);
hexadecimal!(SpanId);

/// A span of somebody, as the `traceparent` of W3C trace context names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace: TraceId,
    /// The span in it.
    pub span: SpanId,
    /// Whether whoever sent it records the trace.
    pub sampled: bool,
}

impl TraceParent {
    /// Reads the text form; `None` for everything that the format does not allow.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let fits = bytes.len() == 55 || (bytes.len() > 55 && bytes[55] == b'-' && !text.starts_with("00"));
        if !fits || [2, 35, 52].iter().any(|at| bytes[*at] != b'-') || text.starts_with("ff") {
            return None;
        }
        let [_version] = read::<1>(&bytes[..2])?;
        let (trace, span, [flags]) = (read(&bytes[3..35])?, read(&bytes[36..52])?, read::<1>(&bytes[53..55])?);
        let named = trace != [0; 16] && span != [0; 8];
        named.then_some(Self { trace: TraceId(trace), span: SpanId(span), sampled: flags & 1 == 1 })
    }
}

/// Lower-case hexadecimal digits, as the format wants them.
fn read<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = digit(*text.get(2 * at)?)? << 4 | digit(*text.get(2 * at + 1)?)?;
    }
    Some(bytes)
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

/// What a client said about the trace that its request belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceOrigin {
    /// The span that asked.
    pub parent: TraceParent,
    /// What tracing systems on the way noted, passed on unread.
    pub state: Option<Arc<str>>,
    /// Another span that has to do with it: that of the HTTP request, where `parent` came in the message.
    pub link: Option<TraceParent>,
}

impl TraceOrigin {
    /// Reads both texts; a `tracestate` that is too long or no header text is left out.
    pub fn read(parent: &str, state: Option<&str>) -> Option<Self> {
        let sound = |state: &&str| {
            let printable = state.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            !state.is_empty() && state.len() <= STATE && printable
        };
        let state = state.filter(sound).map(Arc::from);
        Some(Self { parent: TraceParent::parse(parent)?, state, link: None })
    }
}

/// How the calls of one run name their span to the servers that they go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace, the span that calls stand under, and whether it is recorded.
    pub parent: TraceParent,
    /// Whether each call has a span of its own, which is then what servers are told.
    pub per_call: bool,
    /// What was noted on the way here.
    pub state: Option<Arc<str>>,
}

impl TraceContext {
    /// Passes on what a client said, where nothing of our own is recorded.
    pub fn passed_on(origin: &TraceOrigin) -> Self {
        Self { parent: origin.parent, per_call: false, state: origin.state.clone() }
    }

    /// What one call carries.
    pub fn of_call(&self, execution: &ExecutionId, number: u64) -> CallTracing {
        let own = || TraceParent { span: SpanId::of_call(execution, number), ..self.parent };
        let parent = if self.per_call { own() } else { self.parent };
        CallTracing { parent: Some(parent), state: self.state.clone(), ..CallTracing::default() }
    }
}

/// The trace that one call tells its server of, and what is known of its way there.
#[derive(Debug, Clone, Default)]
pub struct CallTracing {
    /// Its span.
    pub parent: Option<TraceParent>,
    /// What goes with it.
    pub state: Option<Arc<str>>,
    /// Filled in by whoever sends it.
    pub wire: WireNote,
    /// The line of the program that makes the call.
    pub line: Option<u32>,
}

/// How a call went to its server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// `pipe` or `tcp`.
    pub transport: String,
    /// The host, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The revision of the protocol that was spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<i64>,
    /// The protocol error that came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
}

/// A page for [`Wire`] that all copies of a call share; of several attempts, the last one stands there.
#[derive(Debug, Clone, Default)]
pub struct WireNote(Arc<Mutex<Option<Wire>>>);

impl WireNote {
    /// Notes how it goes.
    pub fn set(&self, wire: Wire) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(wire);
    }

    /// Adds to what was noted.
    pub fn add(&self, change: impl FnOnce(&mut Wire)) {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default());
    }

    /// What was noted; none for a call that never left.
    pub fn get(&self) -> Option<Wire> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn the_format_reads_back_and_nothing_else_is_read() {
        assert_eq!(TraceParent::parse(TEXT).unwrap().to_string(), TEXT);
        let later = format!("{}-more", TEXT.replacen("00", "cc", 1));
        assert!(TraceParent::parse(&later).is_some(), "a later version may have more parts");
        for wrong in [
            "",
            &TEXT[1..],
            &TEXT.to_uppercase(),
            &TEXT.replacen("00", "ff", 1),
            &format!("{TEXT}-more"),
            &TEXT.replace("0af7651916cd43dd8448eb211c80319c", "00000000000000000000000000000000"),
            &TEXT.replace("b7ad6b7169203331", "0000000000000000"),
            &TEXT.replace('a', "é"),
        ] {
            assert_eq!(TraceParent::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_follow_from_the_execution_and_differ() {
        let (one, other) = (ExecutionId::from_parts(1, 2), ExecutionId::from_parts(1, 3));
        assert_eq!(SpanId::of_call(&one, 7), SpanId::of_call(&one, 7));
        assert_ne!(SpanId::of_call(&one, 7), SpanId::of_call(&one, 8));
        assert_ne!(TraceId::of(&one), TraceId::of(&other));
    }

    #[test]
    fn a_state_that_is_no_header_is_left_out() {
        let state = |text: &str| TraceOrigin::read(TEXT, Some(text)).unwrap().state;
        assert_eq!(state("a=1").as_deref(), Some("a=1"));
        assert_eq!((state("a\n"), state(&"x".repeat(513))), (None, None));
    }
}
