//! Bytes of a worker as the host reads them: cut into frames, then into messages.
//!
//! The first byte says in how large pieces the rest arrives. Whatever was understood must be understood the
//! same after it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outboard_worker_protocol::{FrameBuffer, FromWorker, MAX_FROM_WORKER, encode};

fuzz_target!(|data: &[u8]| {
    let Some((&first, stream)) = data.split_first() else { return };
    let mut frames = FrameBuffer::new(MAX_FROM_WORKER);
    for piece in stream.chunks(usize::from(first).max(1)) {
        frames.extend(piece);
        loop {
            match frames.next_frame() {
                Ok(Some(body)) => {
                    if let Ok(message) = FromWorker::read(body) {
                        again(&message);
                    }
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
});

fn again(message: &FromWorker) {
    let mut bytes = Vec::new();
    encode(message, &mut bytes).expect("a message that was read can be written");
    let second: FromWorker = serde_json::from_slice(&bytes[4..]).expect("what was written can be read");
    // Numbers with a fraction are read to within the last digit.
    if !matches!(message, FromWorker::Timer { .. }) {
        let text = |message: &FromWorker| serde_json::to_string(message).expect("a message is JSON");
        assert_eq!(text(message), text(&second));
    }
}
