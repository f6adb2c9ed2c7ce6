//! Tells an address of each question, signed; its answer may come back at once or later over HTTP.

use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::webhook::{self, WebhookKey};
use outboard_gateway::approvals::{DeskEvent, Question};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where questions are told.
#[derive(Clone)]
pub struct Webhook {
    /// The address.
    pub url: String,
    /// The key of the signatures.
    pub key: WebhookKey,
}

/// How long the other end may take to say that it heard.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a question is told when nobody hears.
const ATTEMPTS: u32 = 3;

/// Tells every question from now on until the desk is gone.
pub async fn follow(desk: ApprovalDesk, webhook: Webhook) {
    let client = match reqwest::Client::builder().timeout(PATIENCE).build() {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "the webhook cannot be used"),
    };
    let mut events = desk.subscribe();
    loop {
        match events.recv().await {
            Ok(DeskEvent::Opened(question)) => {
                tokio::spawn(tell(client.clone(), webhook.clone(), desk.clone(), question));
            }
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            _ => {}
        }
    }
}

async fn tell(client: reqwest::Client, webhook: Webhook, desk: ApprovalDesk, question: std::sync::Arc<Question>) {
    for attempt in 1..=ATTEMPTS {
        match post(&client, &webhook, &question).await {
            Ok(Some(answer)) => {
                if let Err(error) = desk.answer(&question.record.id, answer).await {
                    tracing::warn!(%error, "the webhook's answer could not be taken");
                }
                return;
            }
            Ok(None) => return,
            Err(problem) => {
                tracing::warn!(approval = question.record.id, attempt, problem, "the webhook did not hear");
                tokio::time::sleep(Duration::from_secs(u64::from(attempt))).await;
            }
        }
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Tells one question. A signed body that comes back is an answer; anything else only says that it was heard.
async fn post(
    client: &reqwest::Client,
    webhook: &Webhook,
    question: &Question,
) -> Result<Option<outboard_gateway::approvals::Answer>, String> {
    let body = webhook::payload(question);
    let signature = webhook::sign(&webhook.key, now_s(), body.as_bytes());
    let request = client.post(&webhook.url).header("content-type", "application/json");
    let request = request.header(webhook::HEADER, signature).body(body);
    let response = request.send().await.map_err(|error| error.without_url().to_string())?;
    if !response.status().is_success() {
        return Err(format!("status {}", response.status()));
    }
    let signature = response.headers().get(webhook::HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Some(signature) = signature else { return Ok(None) };
    let body = response.bytes().await.map_err(|error| error.without_url().to_string())?;
    webhook::verify(&webhook.key, &signature, &body, now_s()).map_err(|problem| problem.to_string())?;
    let answer = webhook::read(&body).and_then(|answer| answer.to(&question.record));
    answer.map(Some).map_err(|problem| problem.to_string())
}
