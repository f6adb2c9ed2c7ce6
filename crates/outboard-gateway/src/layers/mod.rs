//! One folder a layer. A layer knows nothing of its neighbours; `chain` knows the order.

pub(crate) mod authorize;
pub(crate) mod breaker;
pub(crate) mod bulkhead;
pub(crate) mod cancel;
pub(crate) mod deadline;
pub(crate) mod privacy;
pub(crate) mod quota;
pub(crate) mod record;
pub(crate) mod retry;
pub(crate) mod timeout;
pub(crate) mod trace;
pub(crate) mod validate;
