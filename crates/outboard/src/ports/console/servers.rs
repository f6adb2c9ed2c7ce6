//! The servers, and how things went over time.

use super::Office;
use crate::commands::list;
use crate::failure::Failure;
use outboard_gateway::CircuitState;
use outboard_types::now_ms;
use serde_json::{Value, json};

const HOUR_MS: u64 = 3_600_000;

/// The longest time that is looked back.
const MOST_HOURS: u64 = 24 * 366;

pub(super) fn all(office: &Office) -> Result<Value, Failure> {
    let day = office.parts.journal.servers_since(now_ms().saturating_sub(24 * HOUR_MS))?;
    let circuits = office.parts.circuits.view();
    let row = |state: &outboard_mcp::client::ServerState| {
        let mut row = list::as_json(state);
        row["last_error"] = json!(state.last_error.as_deref().map(|text| office.scrubbed(text)));
        row["pid"] = json!(state.pid);
        row["token_estimate"] = json!(state.token_estimate);
        row["day"] = json!(day.iter().find(|figures| figures.server == state.name.as_str()));
        let circuit = circuits.iter().find(|circuit| circuit.server == state.name);
        row["breaker"] = json!(circuit.map(|circuit| {
            let (word, retry) = match circuit.state {
                CircuitState::Closed => ("closed", None),
                CircuitState::Probing => ("probing", None),
                CircuitState::Open { retry_in } => ("open", Some(retry_in.as_millis() as u64)),
            };
            json!({"state": word, "retry_in_ms": retry, "failures": circuit.failures, "opened": circuit.opened})
        }));
        row
    };
    Ok(json!({"rows": office.upstreams.states().iter().map(row).collect::<Vec<_>>()}))
}

/// Figures in spans that give a picture some 24 to 90 points.
pub(super) fn figures(office: &Office, hours: Option<u64>) -> Result<Value, Failure> {
    let hours = hours.unwrap_or(24).clamp(1, MOST_HOURS);
    let span_ms = match hours {
        0..=48 => HOUR_MS,
        49..=336 => 6 * HOUR_MS,
        _ => 24 * HOUR_MS,
    };
    let now = now_ms();
    let since = now.saturating_sub(hours * HOUR_MS) / span_ms * span_ms;
    let spans = office.parts.journal.series(since, span_ms)?;
    Ok(json!({"since_ms": since, "now_ms": now, "span_ms": span_ms, "spans": spans}))
}
