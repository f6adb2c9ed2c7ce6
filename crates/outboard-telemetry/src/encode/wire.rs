//! The bytes of protobuf: as much of it as OTLP needs.

/// A message that is being written. Default values are left out, as proto3 does.
#[derive(Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn varint(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.key(field, 0);
            varint(&mut self.0, value);
        }
    }

    pub(super) fn fixed64(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.fixed64_always(field, value);
        }
    }

    /// Also where it is 0: within a choice the default says which one it is.
    pub(super) fn fixed64_always(&mut self, field: u32, value: u64) {
        self.key(field, 1);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn fixed32(&mut self, field: u32, value: u32) {
        self.key(field, 5);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn varint_always(&mut self, field: u32, value: u64) {
        self.key(field, 0);
        varint(&mut self.0, value);
    }

    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        if !value.is_empty() {
            self.bytes_always(field, value);
        }
    }

    pub(super) fn bytes_always(&mut self, field: u32, value: &[u8]) {
        self.key(field, 2);
        varint(&mut self.0, value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub(super) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    pub(super) fn message(&mut self, field: u32, fill: impl FnOnce(&mut Message)) {
        let mut inner = Message::default();
        fill(&mut inner);
        self.bytes_always(field, &inner.0);
    }

    /// Numbers of eight bytes, one after the other.
    pub(super) fn packed(&mut self, field: u32, values: impl Iterator<Item = u64>) {
        let bytes: Vec<u8> = values.flat_map(u64::to_le_bytes).collect();
        self.bytes(field, &bytes);
    }

    fn key(&mut self, field: u32, kind: u32) {
        varint(&mut self.0, u64::from(field << 3 | kind));
    }
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// `partial_success` (field 1) and in it the number of what was not taken (field 1).
pub(super) fn rejected(answer: &[u8]) -> Option<u64> {
    let partial = find(answer, 1)?;
    match find(partial.bytes?, 1) {
        Some(field) => Some(field.number),
        None => Some(0),
    }
}

/// A field as it was read.
struct Field<'a> {
    number: u64,
    bytes: Option<&'a [u8]>,
}

/// The first field of this number; `None` where there is none or the bytes make no sense.
fn find(mut rest: &[u8], wanted: u64) -> Option<Field<'_>> {
    while !rest.is_empty() {
        let key = read(&mut rest)?;
        let field = match key & 7 {
            0 => Field { number: read(&mut rest)?, bytes: None },
            1 => Field { number: 0, bytes: Some(take(&mut rest, 8)?) },
            2 => {
                let length = read(&mut rest)?;
                Field { number: length, bytes: Some(take(&mut rest, usize::try_from(length).ok()?)?) }
            }
            5 => Field { number: 0, bytes: Some(take(&mut rest, 4)?) },
            _ => return None,
        };
        if key >> 3 == wanted {
            return Some(field);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn read(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *take(rest, 1)?.first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_much_was_not_taken_and_garbage_says_nothing() {
        let mut answer = Message::default();
        answer.message(1, |partial| {
            partial.varint(1, 300);
            partial.text(2, "too old");
        });
        let bytes = answer.into_bytes();
        assert_eq!(rejected(&bytes), Some(300));
        assert_eq!(rejected(&[]), None);
        for cut in 0..bytes.len() {
            let _ = rejected(&bytes[..cut]);
        }
        assert_eq!(rejected(&[0xff; 40]), None);
    }
}
