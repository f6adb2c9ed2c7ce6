//! Bounds how many calls one server works on at once, so that a slow one cannot hold all of us.

use crate::{Answer, Layer, Next, Request};
use outboard_types::ServerName;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Calls that one server works on at once, where nothing else is said.
pub(crate) const DEFAULT: usize = 16;

/// The layer. The places of a server are made when it is first called; there are as many as servers.
pub(crate) struct Bulkhead {
    default: usize,
    by_server: HashMap<ServerName, usize>,
    places: Mutex<HashMap<ServerName, Arc<Semaphore>>>,
}

impl Bulkhead {
    /// Places by server, and how many each of the others has.
    pub(crate) fn new(default: usize, by_server: HashMap<ServerName, usize>) -> Self {
        Self { default, by_server, places: Mutex::default() }
    }

    fn places(&self, server: &ServerName) -> Arc<Semaphore> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = places.get(server) {
            return found.clone();
        }
        let count = self.by_server.get(server).copied().unwrap_or(self.default);
        let made = Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS)));
        places.insert(server.clone(), made.clone());
        made
    }
}

impl Layer for Bulkhead {
    fn name(&self) -> &'static str {
        "bulkhead"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        // What a server asks in the middle of a call belongs to that call, which has its place already.
        if request.kind().is_asked_back() {
            return next.run(request);
        }
        let places = self.places(&request.call.id.server);
        Box::pin(async move {
            let _place = places.acquire_owned().await.expect("invariant: the semaphores are never closed");
            next.run(request).await
        })
    }
}
