//! Bounds how much is called: by a run in all and at once, and by rules per tool, server, session,
//! principal or execution. Where waiting helps, it waits; where not, it says which limit was hit.

mod bucket;
mod meters;
mod rules;

pub(crate) use meters::Meters;
pub use rules::{Per, QuotaRule, Rate};

use crate::{Answer, Layer, Next, Request};
use meters::{Meter, Taken};
use outboard_types::{Outcome, ToolError};
use std::sync::Arc;

/// The layer. Counters of a run live in the run and end with it; the others live here.
pub(crate) struct Quota {
    rules: Vec<QuotaRule>,
    meters: Meters,
}

impl Quota {
    /// Limits by these rules; all that match a call hold.
    pub(crate) fn new(rules: Vec<QuotaRule>) -> Self {
        Self { rules, meters: Meters::default() }
    }

    fn matching(&self, request: &Request) -> Vec<(&QuotaRule, Arc<Meter>)> {
        let name = request.call.id.to_string();
        let matching = self.rules.iter().enumerate().filter(|(_, rule)| rule.covers(&name));
        let metered = matching.map(|(index, rule)| {
            let meters = if rule.per == Per::Execution { &request.run.meters } else { &self.meters };
            (rule, meters.meter(index, rule, rule.key(request)))
        });
        metered.collect()
    }

    /// Takes what the rules allow, or gives it all back.
    fn take(&self, request: &Request) -> Result<Vec<Taken>, ToolError> {
        let size = request.call.arguments.get().len() as u64;
        let matching = self.matching(request);
        let mut taken = Vec::with_capacity(matching.len());
        for (rule, meter) in matching {
            match meter.take(rule, size) {
                Ok(one) => taken.push(one),
                Err(hit) => {
                    taken.into_iter().for_each(Taken::give_back);
                    return Err(rule.refusal(&request.call.id, &hit));
                }
            }
        }
        Ok(taken)
    }
}

impl Layer for Quota {
    fn name(&self) -> &'static str {
        "quota"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            if let Some(error) = request.run.over_total(&request.call) {
                return Err(error);
            }
            let run = request.run.clone();
            // The run's own place first: a run that waits for it must not hold what others wait for.
            let _place = run.places.acquire().await.expect("invariant: a run never closes its semaphore");
            let taken = self.take(&request)?;
            let mut places = Vec::new();
            for one in &taken {
                one.turn().await;
                places.extend(one.place().await);
            }
            let outcome = next.run(request).await;
            count(&taken, &outcome);
            outcome
        })
    }
}

fn count(taken: &[Taken], outcome: &Outcome) {
    let size = outcome.as_ref().map_or(0, |result| result.size() as u64);
    taken.iter().for_each(|one| one.answered(size));
}
