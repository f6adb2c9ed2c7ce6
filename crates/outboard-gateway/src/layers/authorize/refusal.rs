//! How the layer says no.

use crate::Decision;
use crate::approvals::{Ground, Verdict};
use outboard_types::{ErrorCode, ToolError, ToolId};

pub(super) fn denied(id: &ToolId, decision: &Decision) -> ToolError {
    ToolError::new(ErrorCode::Denied, format!("{id} may not be called: {}", decision.because()))
        .on(id)
        .hint("whoever runs Outboard can grant it there")
}

pub(super) fn flow(id: &ToolId, rule: &str, reason: &str) -> ToolError {
    ToolError::new(ErrorCode::FlowDenied, format!("{id} may not be given a private value: {reason} ({rule})"))
        .on(id)
        .hint("leave the value out; whoever runs Outboard can allow this way in [[privacy.flows]]")
}

pub(super) fn nobody_to_ask(id: &ToolId, grounds: &[Ground]) -> ToolError {
    let rule = grounds.first().map(|ground| ground.rule.as_str()).unwrap_or_default();
    ToolError::new(
        ErrorCode::ApprovalDenied,
        format!("{id} needs a person's approval ({rule}), and nobody can be asked"),
    )
    .on(id)
    .hint("run it through `outboard serve`, where approvals can be answered, or allow the tool in a rule")
}

/// The approval that a refusal is about, and who gave it.
pub(super) fn approval(verdict: &Verdict) -> (Option<String>, Option<String>) {
    match verdict {
        Verdict::Denied { id, by, .. } => (Some(id.clone()), Some(by.clone())),
        Verdict::Expired { id, .. } | Verdict::Withdrawn { id } => (Some(id.clone()), None),
        _ => (None, None),
    }
}

pub(super) fn not_approved(id: &ToolId, verdict: Verdict) -> ToolError {
    let (code, message, hint) = match verdict {
        Verdict::Denied { by, reason, .. } => {
            let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            (ErrorCode::ApprovalDenied, format!("{by} did not allow {id}{why}"), "do not try the same call again")
        }
        Verdict::Expired { after, .. } => (
            ErrorCode::ApprovalExpired,
            format!("{id} waited {after:?} for a person's approval and nobody answered"),
            "nothing was called; ask again when somebody is there",
        ),
        Verdict::Withdrawn { .. } => (
            ErrorCode::ApprovalExpired,
            format!("the question whether {id} may be called was taken back"),
            "nothing was called; ask again",
        ),
        Verdict::Full { limit } => (
            ErrorCode::LimitExceeded,
            format!("{id} needs a person's approval, and {limit} calls wait for one already"),
            "answer some of them, or raise approvals.waiting in outboard.toml",
        ),
        Verdict::Unavailable { reason } => (
            ErrorCode::Internal,
            format!("{id} needs a person's approval, and the question could not be kept: {reason}"),
            "nothing was called; see the log of Outboard",
        ),
        // The desk's yes never comes here; if it did, closed is the safe end.
        Verdict::Approved(_) => (ErrorCode::Denied, format!("{id} has no permit"), "this is a fault in Outboard"),
    };
    ToolError::new(code, message).on(id).hint(hint)
}
