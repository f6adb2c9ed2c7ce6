//! One or more runs over the same servers, model and limits.

use super::given::Given;
use super::store::Store;
use super::tools::{ServiceTools, caller};
use super::tracks::{RunEnd, Tracks};
use super::watch::{Calls, Teller};
use super::{Counter, leave, plain, show};
use crate::compose::App;
use crate::failure::Failure;
use outboard_agent::{
    Agent, Choice, Connected, Conversation, Count, Ended, Estimate, Mode, Names, Options, choose, estimate,
    system_prompt,
};
use outboard_config::Settings;
use outboard_execution::{OnRestart, fresh_id};
use outboard_mcp::server::{Expose, Service, ServiceOptions, webhook};
use outboard_types::{CancellationToken, Language, Principal};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Most functions that are told at the start instead of being searched for.
const TOLD: usize = 40;

/// Most tokens of them: about what two searches show.
const TOLD_TOKENS: u64 = 600;

/// What runs share.
pub(super) struct Session<'a> {
    pub(super) app: &'a App,
    pub(super) given: Given,
    pub(super) stop: CancellationToken,
    pub(super) watch: Teller,
    pub(super) json: bool,
    max_turns: u32,
    max_output: u64,
    options: ServiceOptions,
}

/// A run that is over.
pub(super) struct Ran {
    pub(super) conversation: Conversation,
    pub(super) ended: Ended,
    pub(super) estimate: Estimate,
    /// Why this mode, where it was chosen.
    pub(super) why: Option<String>,
    pub(super) calls: Calls,
    pub(super) notes: Vec<String>,
    pub(super) direct_equivalent: u64,
    pub(super) wall: Duration,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        app: &'a App,
        settings: &Settings,
        given: Given,
        store: Store,
        stop: CancellationToken,
        json: bool,
    ) -> Result<Self, Failure> {
        // A program that this process leaves behind waits for `outboard resume`.
        let options = crate::commands::serve::options(settings, app)?;
        let options = ServiceOptions { on_restart: OnRestart::Suspend, ..options };
        if let Some(desk) = &app.executions.deps().desk {
            crate::commands::asking::follow(desk);
            if let Some(webhook) = &options.webhook {
                tokio::spawn(webhook::follow(desk.clone(), webhook.clone()));
            }
        }
        Ok(Self {
            app,
            given,
            stop,
            watch: Teller::new(store, json),
            json,
            max_turns: settings.agent.max_turns.unwrap_or(40),
            max_output: settings.agent.max_output_tokens.unwrap_or(8_192),
            options,
        })
    }

    pub(super) fn begin(&self, mode: Mode) -> Conversation {
        let id = fresh_id().to_string().replacen("ex_", "ag_", 1);
        Conversation::new(id, self.given.provider, &*self.given.model, mode)
    }

    /// The mode of a name; for `hybrid`, what the rule says about the task.
    pub(super) async fn mode(&self, name: &str, task: &str) -> Result<(Mode, Option<String>), Failure> {
        if let Some(mode) = plain(name) {
            return Ok((mode, None));
        }
        let names = self.names(&self.service(Mode::Direct)).await?;
        let size = |definition: &outboard_agent::Definition| {
            Count::count(&Counter, &format!("{} {} {}", definition.name, definition.description, definition.schema))
        };
        let Choice { mode, why } = choose(task, names.definitions().iter().map(size).sum());
        Ok((mode, Some(why)))
    }

    fn service(&self, mode: Mode) -> Arc<Service> {
        let expose = match mode {
            Mode::Direct => Expose::Direct,
            Mode::Code => Expose::Code,
        };
        Service::new(self.app.executions.clone(), ServiceOptions { expose, ..self.options.clone() })
    }

    async fn names(&self, service: &Service) -> Result<Names, Failure> {
        // A listing of definitions is only as good as the listings of the servers: wait for them.
        self.app.catalog.surfaces.current().await?;
        let names = Names::new(&service.tools(caller(self.stop.clone())).await?);
        if names.definitions().is_empty() {
            return Err(
                Failure::usage("no tool is connected").hint("add a server to outboard.toml; see `outboard list`")
            );
        }
        match self.given.provider.most_tools() {
            Some(most) if names.definitions().len() > most => Err(Failure::usage(format!(
                "there are {} tools, and {} takes at most {most} in one request",
                names.definitions().len(),
                self.given.provider
            ))
            .hint("use --mode code")),
            _ => Ok(names),
        }
    }

    /// Runs a conversation to its end.
    pub(super) async fn run(&self, mut conversation: Conversation, why: Option<String>) -> Result<Ran, Failure> {
        let service = self.service(conversation.mode);
        let (names, tools) = (self.names(&service).await?, ServiceTools::new(service));
        let functions = self.functions().await?;
        let agent = Agent {
            model: &self.given.client,
            tools: &tools,
            names,
            watch: &self.watch,
            counter: &Counter,
            options: self.agent_options(conversation.mode, &functions),
        };
        let first = agent.first_context(&conversation);
        let estimate = estimate(conversation.mode, first, self.given.price.as_ref());
        leave::ask(self, &conversation, &estimate).await?;
        let (started, spent) = (Instant::now(), conversation.spent.cost_usd.unwrap_or_default());
        self.watch.track(Tracks::begin(self.app, &conversation));
        let ended = agent.run(&mut conversation).await;
        let wall = started.elapsed();
        let cost_usd = conversation.spent.cost_usd.map(|cost| cost - spent);
        self.watch.over(&RunEnd { turns: ended.turns, status: show::status(&ended.end), cost_usd });
        let (calls, notes) = self.watch.taken();
        let direct_equivalent = tools.direct_equivalent(&self.app.executions).await;
        Ok(Ran { conversation, ended, estimate, why, calls, notes, direct_equivalent, wall })
    }

    /// Every function, one a line; nothing where these are too many to be told at once.
    async fn functions(&self) -> Result<String, Failure> {
        let surface = self.app.catalog.surfaces.current().await?;
        let tools =
            surface.catalogue.servers.iter().flat_map(|server| server.tools.iter().map(move |tool| (server, tool)));
        let mut lines = Vec::new();
        for (server, tool) in tools {
            if lines.len() >= TOLD {
                return Ok(String::new());
            }
            lines.push(outboard_codegen::summary(server, tool, Language::TypeScript));
        }
        let lines = lines.join("\n");
        Ok(if Count::count(&Counter, &lines) > TOLD_TOKENS { String::new() } else { lines })
    }

    fn agent_options(&self, mode: Mode, functions: &str) -> Options {
        let instructions = (self.options.instructions)(&Principal::default());
        let connected = match functions {
            "" => Connected::Servers(&instructions),
            lines => Connected::Functions(lines),
        };
        Options {
            max_turns: self.max_turns,
            max_output: self.max_output,
            max_tokens_total: self.given.max_tokens_total,
            max_cost: self.given.max_cost,
            price: self.given.price,
            cancel: self.stop.clone(),
            ..Options::new(mode, system_prompt(mode, connected))
        }
    }
}
