//! Asking a server for its tools, and reading listings from files.

use super::session::Session;
use crate::rpc::{RequestError, RpcError};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

/// Pages asked for at most; a server that goes on is cut there.
const PAGES: usize = 100;
/// Bytes of definitions kept at most.
const BYTES: usize = 64 << 20;

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, alias = "prompts", alias = "resources", alias = "resourceTemplates")]
    tools: Vec<&'a RawValue>,
    #[serde(borrow, rename = "nextCursor")]
    next: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// The name in a raw definition; empty where there is none.
pub(super) fn name_of(tool: &RawValue) -> Cow<'_, str> {
    serde_json::from_str::<Named<'_>>(tool.get()).map(|tool| tool.name).unwrap_or_default()
}

/// What the definitions would roughly cost a model, in tokens.
pub(super) fn estimate_tokens(tools: &[Box<RawValue>]) -> u64 {
    tools.iter().map(|tool| tool.get().len() as u64).sum::<u64>() / 4
}

/// All pages of a list (`tools/list` and its like), entries as they came. A server without the method has none.
pub(super) async fn fetch(
    session: &Session,
    method: &str,
    page_limit: Duration,
) -> Result<Vec<Box<RawValue>>, RequestError> {
    let (mut tools, mut bytes, mut cursor) = (Vec::new(), 0, String::new());
    for _ in 0..PAGES {
        let asked = session.request(method, &cursor, None);
        let page = match tokio::time::timeout(page_limit, asked).await {
            Ok(Ok(page)) => page,
            Ok(Err(RequestError::Refused(error))) if tools.is_empty() && error.code == RpcError::METHOD_NOT_FOUND => {
                break;
            }
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                return Err(RequestError::BadAnswer(format!("it did not answer `{method}` within {page_limit:?}")));
            }
        };
        let page: Page<'_> = serde_json::from_str(page.get()).map_err(|error| not_a_listing(method, &error))?;
        bytes += page.tools.iter().map(|tool| tool.get().len()).sum::<usize>();
        tools.extend(page.tools.into_iter().map(ToOwned::to_owned));
        let next = page.next.filter(|next| !next.is_empty()).map(|next| cursor_field(&next));
        match next {
            Some(next) if next != cursor && bytes < BYTES => cursor = next,
            _ => break,
        }
    }
    Ok(tools)
}

fn cursor_field(cursor: &str) -> String {
    format!(r#""cursor":{}"#, serde_json::Value::from(cursor))
}

fn not_a_listing(method: &str, error: &serde_json::Error) -> RequestError {
    RequestError::BadAnswer(format!("its answer to `{method}` is not a listing: {error}"))
}

/// A listing from a file `{"tools": […]}`.
pub(super) fn read_file(path: &Path) -> Result<Vec<Box<RawValue>>, String> {
    let shown = path.display();
    let size = std::fs::metadata(path).map_err(|error| format!("the listing {shown} cannot be read: {error}"))?.len();
    if size > BYTES as u64 {
        return Err(format!("the listing {shown} has {size} bytes; {BYTES} are allowed"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("the listing {shown} cannot be read: {error}"))?;
    let page: Page<'_> = serde_json::from_str(&text)
        .map_err(|error| format!("the listing {shown} is not of the form {{\"tools\": […]}}: {error}"))?;
    Ok(page.tools.into_iter().map(ToOwned::to_owned).collect())
}
