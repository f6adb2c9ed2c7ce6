//! Cutting a byte stream into frames.

use serde::Serialize;

/// A stream that does not hold frames.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A frame announces more bytes than the receiver accepts.
    #[error("a frame of {size} bytes is over the limit of {limit} bytes")]
    TooLarge {
        /// The announced length.
        size: usize,
        /// The receiver's limit.
        limit: usize,
    },
    /// A frame is not the JSON of a known message.
    #[error("a frame is not a message of this protocol: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// Appends one message to an output buffer as a frame.
pub fn encode(message: &impl Serialize, out: &mut Vec<u8>) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    serde_json::to_writer(&mut *out, message)?;
    let size = out.len() - start - 4;
    let length = u32::try_from(size).map_err(|_| FrameError::TooLarge { size, limit: u32::MAX as usize })?;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Collects bytes and gives back whole frames; holds at most one incomplete frame plus one read.
#[derive(Debug)]
pub struct FrameBuffer {
    bytes: Vec<u8>,
    start: usize,
    limit: usize,
}

impl FrameBuffer {
    /// An empty buffer that refuses frames of more than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), start: 0, limit }
    }

    /// Whether everything that was read was given back.
    pub fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Adds what was read from the stream.
    pub fn extend(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The body of the next whole frame, if one is there.
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, FrameError> {
        let rest = &self.bytes[self.start..];
        let Some(head) = rest.first_chunk::<4>() else {
            return Ok(None);
        };
        let size = u32::from_le_bytes(*head) as usize;
        if size > self.limit {
            return Err(FrameError::TooLarge { size, limit: self.limit });
        }
        if rest.len() < 4 + size {
            return Ok(None);
        }
        let from = self.start + 4;
        self.start = from + size;
        Ok(Some(&self.bytes[from..from + size]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_any_cut() {
        let mut stream = Vec::new();
        for text in ["", "a", "long enough to be cut"] {
            encode(&text, &mut stream).unwrap();
        }
        for cut in 1..stream.len() {
            let mut buffer = FrameBuffer::new(1024);
            let mut seen = Vec::new();
            for part in stream.chunks(cut) {
                buffer.extend(part);
                assert!(!buffer.is_empty());
                while let Some(body) = buffer.next_frame().unwrap() {
                    seen.push(serde_json::from_slice::<String>(body).unwrap());
                }
            }
            assert!(buffer.is_empty());
            assert_eq!(seen, ["", "a", "long enough to be cut"], "cut every {cut} bytes");
        }
    }

    #[test]
    fn an_announced_giant_is_refused_before_it_arrives() {
        let mut buffer = FrameBuffer::new(1024);
        buffer.extend(&u32::MAX.to_le_bytes());
        assert!(matches!(buffer.next_frame(), Err(FrameError::TooLarge { limit: 1024, .. })));
    }
}
