//! `outboard agent`: a task for a model that uses the tools, and what it cost.

mod compare;
mod given;
mod leave;
mod session;
mod show;
mod store;
mod tools;
mod tracks;
mod watch;

use crate::cli::{self, Cli};
use crate::compose::{self, App, Pool};
use crate::failure::Failure;
use crate::tokens::O200k;
use given::Given;
pub(super) use given::prices;
use outboard_agent::{Conversation, Count, Entry, Mode};
use outboard_types::{ErrorCode, Principal};
use session::Session;
use std::process::ExitCode;
use store::Store;
pub(super) use watch::harmless;

/// The loop's counter of tokens.
struct Counter;

impl Count for Counter {
    fn count(&self, text: &str) -> u64 {
        outboard_execution::TokenCounter::count(&O200k, text)
    }
}

pub(super) async fn run(cli: &Cli, args: &cli::Agent) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let given = Given::new(args, &settings)?;
    let store = Store::open(&settings)?;
    let earlier = if args.resume { Some(store.read(args.conversation.as_deref())?) } else { None };
    if earlier.is_some() && args.mode == "compare" {
        return Err(Failure::usage("--continue goes on with one conversation; compare makes two")
            .hint("leave out --continue, or name another --mode"));
    }
    let stop = super::serve::stop_signal()?;
    let pool = if args.mode == "direct" { Pool::None } else { Pool::Warm };
    let app = App::open(&settings, &Principal::default(), pool).await?;
    let session = Session::new(&app, &settings, given, store, stop, args.json);
    let done = match session {
        Ok(session) => work(&session, args, earlier).await,
        Err(failure) => Err(failure),
    };
    app.close().await;
    done
}

async fn work(session: &Session<'_>, args: &cli::Agent, earlier: Option<Conversation>) -> Result<ExitCode, Failure> {
    let task = args.task.as_deref();
    if args.mode == "compare" {
        return compare::run(session, task.unwrap_or_default()).await;
    }
    let (mode, why) = match &earlier {
        // The tools of a conversation stay what they were.
        Some(earlier) => (earlier.mode, None),
        None => session.mode(&args.mode, task.unwrap_or_default()).await?,
    };
    let mut conversation = earlier.unwrap_or_else(|| session.begin(mode));
    conversation.hand_over(session.given.provider, &*session.given.model);
    conversation.mend();
    // A conversation that the model ended needs a word to go on.
    let ended = matches!(conversation.entries.last(), Some(Entry::Model { .. }));
    conversation.entries.extend(task.or(ended.then_some("Go on.")).map(Entry::user));
    if conversation.entries.is_empty() {
        return Err(Failure::new(ErrorCode::InvalidRequest, "the conversation holds nothing to go on with"));
    }
    if let Some(why) = &why {
        session.watch.say(&format!("mode {mode}: {why}"));
    }
    let ran = session.run(conversation, why).await?;
    show::one(&ran, session.json)
}

/// The mode of a name that is not a way of choosing.
fn plain(name: &str) -> Option<Mode> {
    [Mode::Direct, Mode::Code].into_iter().find(|mode| mode.as_str() == name)
}
