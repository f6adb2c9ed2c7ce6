//! Which model, where, with which key and price: from arguments, settings and the environment.

use crate::cli;
use crate::compose;
use crate::failure::Failure;
use outboard_agent::{Client, ClientOptions, Price, Prices, Provider};
use outboard_config::Settings;
use outboard_types::{ErrorCode, Redacted};
use serde::Deserialize;

/// What a run is given.
pub(super) struct Given {
    pub(super) provider: Provider,
    pub(super) model: String,
    pub(super) client: Client,
    pub(super) price: Option<Price>,
    pub(super) max_tokens_total: Option<u64>,
    pub(super) max_cost: Option<f64>,
    /// From which estimate on a person is asked.
    pub(super) ask_above: Option<f64>,
}

impl Given {
    pub(super) fn new(args: &cli::Agent, settings: &Settings) -> Result<Self, Failure> {
        let agent = &settings.agent;
        let name = args.provider.as_deref().or(agent.provider.as_deref());
        let provider = name.and_then(Provider::parse).unwrap_or(Provider::Anthropic);
        let model = args.model.clone().or_else(|| agent.model.clone()).ok_or_else(|| {
            Failure::usage("no model is named").hint("give --model, or set `model` in [agent] of outboard.toml")
        })?;
        let base_url = args.base_url.clone().or_else(|| agent.base_url.clone());
        let key = agent.key.clone().or_else(|| from_environment(provider));
        let (keyed, options) = (key.is_some(), ClientOptions::new(provider, model.clone()));
        let client = Client::new(ClientOptions { base_url, key, ..options }).map_err(Failure::usage)?;
        if !keyed && !client.is_local() {
            return Err(Failure::usage(format!("there is no key for {provider}"))
                .hint(format!("set {}, or `key` in [agent]", variable(provider))));
        }
        let price = prices(settings)?.find(&model);
        let max_cost = args.max_cost.or(agent.max_cost);
        if let Some(amount) = max_cost.filter(|amount| !amount.is_finite() || *amount < 0.0) {
            return Err(Failure::usage(format!("--max-cost: {amount} is not an amount")));
        }
        let ask_above = agent.ask_above.or(max_cost);
        if price.is_none() && ask_above.is_some() {
            return Err(Failure::usage(format!("what {model} costs is not known, so its cost cannot be limited"))
                .hint(
                    "add it: [[agent.prices]] model = \"…\", input = …, output = … (US dollars per million tokens)",
                ));
        }
        Ok(Self { provider, model, client, price, max_tokens_total: args.max_tokens_total, max_cost, ask_above })
    }
}

fn variable(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => "ANTHROPIC_API_KEY",
        Provider::Openai | Provider::Chat => "OPENAI_API_KEY",
    }
}

fn from_environment(provider: Provider) -> Option<Redacted<String>> {
    let key = std::env::var(variable(provider)).ok()?;
    let key = key.trim();
    (!key.is_empty()).then(|| Redacted::new(key.to_owned()))
}

/// One table of `[[agent.prices]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPrice {
    model: String,
    input: f64,
    output: f64,
    cached: Option<f64>,
    cache_write: Option<f64>,
}

/// The table of prices, with those of the settings in front.
pub(crate) fn prices(settings: &Settings) -> Result<Prices, Failure> {
    let written: Vec<WrittenPrice> = compose::tables("agent.prices", &settings.agent.prices)?;
    let mut prices = Prices::usual();
    // The first of equal names counts, so it is put in front last.
    for WrittenPrice { model, input, output, cached, cache_write } in written.into_iter().rev() {
        let price = Price { input, output, cached: cached.unwrap_or(input), cache_write };
        if !price.is_usable() {
            let problem = format!("agent.prices: the price of {model:?} holds what is no amount");
            return Err(Failure::new(ErrorCode::InvalidSettings, problem));
        }
        prices.set(model, price);
    }
    Ok(prices)
}
