//! How workers are copied from a template: a worker that has loaded its engine and waits, without a program.
//!
//! The spawner starts an engine with `--template` and a packet socket on descriptor 3. The engine loads, sends
//! [`GREETING`], and makes a copy of itself for each [`Order`]. What puts the copy into a jail is decided by the
//! spawner and comes as a list of system calls, so that no guest knows what a jail consists of.
//!
//! Beside each order come descriptors: first the copy's line to the spawner, then its channel, then what the calls
//! refer to. The template makes the first call, the clone, and answers with a [`Copied`]. The copy puts its channel on
//! descriptor 3 and its line on 4, waits there for one byte, makes the calls, closes its line and goes on as a worker
//! that is about to say `ready`. A call that fails, unless it is optional, ends the copy, after a [`Stopped`] on its line.

use serde::{Deserialize, Serialize};

/// The argument that makes a guest a template.
pub const TEMPLATE_FLAG: &str = "--template";

/// What a template says once it has loaded its engine.
pub const GREETING: &str = "template 1";

/// The descriptor of a copy's line to the spawner.
pub const LINE_FD: i32 = 4;

/// Most descriptors that come with one order.
pub const MAX_ORDER_FDS: usize = 48;

/// One copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The call that makes the copy.
    pub clone: SystemCall,
    /// What the copy calls, one after another.
    pub calls: Vec<SystemCall>,
}

/// One system call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemCall {
    /// Its number on this machine.
    pub number: i64,
    /// Its arguments; those that are missing are 0.
    pub arguments: Vec<Argument>,
    /// Whether the copy goes on when it fails.
    #[serde(default)]
    pub optional: bool,
}

/// One argument of a system call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Argument {
    /// A number.
    Value(i64),
    /// The descriptor at this place among those that came with the order.
    Descriptor(usize),
    /// A pointer to these bytes, as hexadecimal digits.
    Bytes(String),
    /// A pointer to the length and address of these instructions of the kernel's filter machine, in the same form.
    Filter(String),
}

/// What a template answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Copied {
    /// The number of the copy's process.
    Pid(i32),
    /// There is none: the error of the clone.
    Errno(i32),
}

/// Where a copy stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The place of the call in the order.
    pub call: usize,
    /// Its error.
    pub errno: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reads_as_guests_expect_it() {
        let arguments = vec![Argument::Value(-1), Argument::Descriptor(2), Argument::Bytes("2f00".into())];
        let order = Order {
            clone: SystemCall { number: 56, arguments: Vec::new(), optional: false },
            calls: vec![SystemCall { number: 7, arguments, optional: true }],
        };
        let text = serde_json::to_string(&order).unwrap();
        let wanted = r#"{"clone":{"number":56,"arguments":[],"optional":false},"calls":[{"number":7,"arguments":[{"value":-1},{"descriptor":2},{"bytes":"2f00"}],"optional":true}]}"#;
        assert_eq!(text, wanted);
        assert_eq!(serde_json::to_string(&Copied::Pid(7)).unwrap(), r#"{"pid":7}"#);
        assert_eq!(serde_json::to_string(&Stopped { call: 1, errno: 2 }).unwrap(), r#"{"call":1,"errno":2}"#);
    }
}
