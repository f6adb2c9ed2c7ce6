//! The form in which a vocabulary is looked up: bytes that are used as they are, from a file or from the program.
//!
//! Numbers are little-endian `u32`: how many tokens there are; how many slots, a power of two; where each token begins
//! among the bytes, and where the last ends; the slots, each the number of a token counted from 1 or nothing; last, the
//! bytes of all tokens. A token stands in the first free slot from the one that its hash names.

/// Slots for each token at least: few steps to find what is there, and fewer to find that it is not.
const SPACE: usize = 2;

/// Tokens in the order of their ranks, as one table.
pub(crate) fn pack(tokens: &[Vec<u8>]) -> Vec<u8> {
    let many = (tokens.len() * SPACE).next_power_of_two();
    let mut slots = vec![0_u32; many];
    let (mut starts, mut bytes) = (Vec::with_capacity(tokens.len() + 1), Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        starts.push(bytes.len() as u32);
        bytes.extend_from_slice(token);
        let mut slot = slot(token, many);
        while slots[slot] != 0 {
            slot = (slot + 1) % many;
        }
        slots[slot] = at as u32 + 1;
    }
    starts.push(bytes.len() as u32);
    let head = [tokens.len() as u32, many as u32];
    let numbers = head.into_iter().chain(starts).chain(slots);
    numbers.flat_map(u32::to_le_bytes).chain(bytes).collect()
}

/// The slot at which the search for a token begins.
pub(crate) fn slot(token: &[u8], many: usize) -> usize {
    let hash = token
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    // The low bits of such a product depend on few bits of the text.
    (hash ^ (hash >> 32)) as usize % many
}
