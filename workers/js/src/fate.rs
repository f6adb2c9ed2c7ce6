//! What a program cannot know in advance: the time and random numbers.
//!
//! They come from the machine, or, where the host wants a run that can be repeated, from a seed and from the
//! times that the host tells.

use crate::socket;
use outboard_worker_protocol::Durable;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::time::{SystemTime, UNIX_EPOCH};

/// How far a repeatable clock moves with each look, in milliseconds, so that a program that waits for time
/// to pass by looking does not wait forever.
const TICK: f64 = 0.001;

/// Where time and random numbers come from.
#[derive(Default)]
pub(crate) enum Fate {
    /// The machine.
    #[default]
    Machine,
    /// The host.
    Host { random: Box<ChaCha20Rng>, now: f64 },
}

impl Fate {
    /// Follows the host from now on. A seed that is none of ours counts as zeros: the host knows its own.
    pub(crate) fn follow(&mut self, durable: &Durable) {
        let mut seed = [0; 32];
        for (byte, digits) in seed.iter_mut().zip(durable.seed.as_bytes().chunks_exact(2)) {
            *byte = std::str::from_utf8(digits).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
        }
        *self = Fate::Host { random: Box::new(ChaCha20Rng::from_seed(seed)), now: durable.now_ms };
    }

    /// Whether the host decides.
    pub(crate) fn is_host(&self) -> bool {
        matches!(self, Fate::Host { .. })
    }

    /// The host tells the time. It never goes back, also not behind the program's own looks.
    pub(crate) fn told(&mut self, now_ms: f64) {
        if let Fate::Host { now, .. } = self {
            *now = now.max(now_ms);
        }
    }

    /// The time in milliseconds since 1970.
    pub(crate) fn now(&mut self) -> f64 {
        match self {
            Fate::Machine => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0)
            }
            Fate::Host { now, .. } => {
                *now += TICK;
                *now
            }
        }
    }

    /// Fills a buffer with random bytes.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) {
        match self {
            Fate::Machine => socket::random(buffer),
            Fate::Host { random, .. } => random.fill_bytes(buffer),
        }
    }
}
