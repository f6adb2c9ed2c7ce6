//! From settings to what the gateway's layers need: policy, limits, prices, the desk.

use crate::failure::Failure;
use crate::ports::LearnedUsual;
use crate::standing;
use outboard_border::{Border, Notes, Place};
use outboard_config::{Settings, WrittenTable};
use outboard_gateway::approvals::{DeskOptions, Mask};
use outboard_gateway::{
    ApprovalDesk, Budget, BudgetPer, CircuitOptions, Circuits, Definitions, Layer, Money, OnExceed, Options, Per,
    Price, QuotaRule, Rate, Reader, RetryOptions, Rulebook, RunawayOptions, SpendingOptions, chain,
};
use outboard_journal::Journal;
use outboard_policy::{Policy, Profile, ServerAccess, WrittenRule};
use outboard_types::ErrorCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::Arc;

/// The policy that the settings describe.
pub(super) fn policy(settings: &Settings) -> Result<Policy, Failure> {
    let profile = match settings.policy.profile.as_str() {
        "strict" => Profile::Strict,
        "open" => Profile::Open,
        _ => Profile::Balanced,
    };
    let rule = |(index, written): (usize, &WrittenTable)| {
        WrittenRule::read(&toml::Value::Table(written.fields.clone()), index, &written.origin)
    };
    let rules = settings.policy.rules.iter().enumerate().map(rule).collect::<Result<Vec<_>, _>>();
    let access = settings.servers.iter().map(|server| ServerAccess {
        server: server.name.clone(),
        allow: server.allow.clone(),
        deny: server.deny.clone(),
    });
    rules
        .and_then(|rules| Policy::new(profile, rules, access.collect()))
        .map_err(|problem| Failure::new(ErrorCode::InvalidSettings, problem.to_string()))
}

/// The desk where calls of this process wait for a person.
pub(crate) fn desk(settings: &Settings, journal: &Journal, border: Option<Arc<Border>>) -> ApprovalDesk {
    let mask = |border: Arc<Border>| -> Mask {
        Box::new(move |context, text| border.text(&Place::of(context), text, "approval", &mut Notes::default()))
    };
    let options = DeskOptions {
        mask: border.map(mask),
        expiry: settings.approvals.expiry,
        waiting: settings.approvals.waiting,
        ..DeskOptions::default()
    };
    ApprovalDesk::new(Arc::new(journal.clone()), options)
}

/// Everything that the layers need to know.
pub(super) fn options(
    settings: &Settings,
    policy: Policy,
    journal: &Journal,
    desk: ApprovalDesk,
    definitions: Arc<dyn Definitions>,
) -> Result<Options, Failure> {
    let given = &settings.gateway;
    let mut options = Options {
        definitions,
        desk: Some(desk),
        arguments: given.max_arguments_bytes,
        quotas: tables("limits", &given.limits, quota)?,
        spending: SpendingOptions {
            prices: tables("prices", &given.prices, price)?,
            budgets: budgets(settings),
            ledger: Arc::new(journal.clone()),
            ..SpendingOptions::default()
        },
        runaway: RunawayOptions {
            calls: if given.runaway == "off" { 0 } else { given.runaway_calls },
            repeats: given.runaway_repeats,
            ask: given.runaway == "ask",
            usual: Arc::new(LearnedUsual::new(journal.clone(), settings.alerts.after)),
            ..RunawayOptions::default()
        },
        circuits: Circuits::new(CircuitOptions { failures: given.breaker, ..CircuitOptions::default() }),
        retry: RetryOptions { attempts: given.attempts, ..RetryOptions::default() },
        call_timeout: given.call_timeout,
        ..Options::new(Rulebook::new(policy))
    };
    for server in &settings.servers {
        options.timeouts.insert(server.name.clone(), server.timeout);
        let places = server.concurrent_calls.map(|places| (server.name.clone(), places));
        options.places_by_server.extend(places);
    }
    Ok(options)
}

/// The layers of a door that serves already, under other settings. What others hold as well stays as it is: the rules,
/// the desk, what is known of broken servers.
pub(super) fn layers(settings: &Settings, app: &super::App) -> Result<Vec<Box<dyn Layer>>, Failure> {
    let deps = app.executions.deps();
    let Some(desk) = deps.desk.clone() else { return Err(Failure::new(ErrorCode::Internal, "there is no desk")) };
    let definitions = app.catalog.definitions.clone();
    let mut options = options(settings, app.catalog.policy.clone(), &deps.journal, desk, definitions)?;
    (options.rulebook, options.circuits) = (deps.rulebook.clone(), app.circuits.clone());
    if let Some(border) = &deps.border {
        options.privacy = border.clone();
    }
    options.reader = deps.counting.clone().map(|counting| counting as Arc<dyn Reader>);
    Ok(chain(options, deps.journal.clone()))
}

/// Writes what people allow for always, and puts the policy with it in force.
pub(super) fn keep_standing(settings: &Settings, desk: &ApprovalDesk, rulebook: Rulebook) {
    let (file, mut settings) = (standing::file(settings), settings.clone());
    standing::follow(desk, file.clone(), move || {
        let lookup = |name: &str| std::env::var(name).ok();
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let read = outboard_config::load(Some(&file), &folder, None, &lookup);
        match read.map_err(Failure::from).and_then(|read| {
            settings.policy.rules = read.policy.rules;
            policy(&settings)
        }) {
            Ok(policy) => rulebook.replace(policy),
            Err(failure) => tracing::error!(problem = failure.message(), "the settings cannot be read anew"),
        }
    });
}

fn budgets(settings: &Settings) -> Vec<Budget> {
    let given = &settings.gateway;
    let on_exceed = if given.budget_denies { OnExceed::Deny } else { OnExceed::Ask };
    let both = [
        ("budget.execution", BudgetPer::Execution, given.budget_execution),
        ("budget.day", BudgetPer::Day, given.budget_day),
    ];
    let budget = |(setting, per, amount): (&str, _, Option<f64>)| {
        let limit = Money::from_units(amount?)?;
        Some(Budget { setting: setting.to_owned(), per, limit, on_exceed })
    };
    both.into_iter().filter_map(budget).collect()
}

/// Reads each table of a list; a problem names its place.
fn tables<W: DeserializeOwned, T>(
    list: &str,
    written: &[WrittenTable],
    meant: fn(W, String) -> Result<T, String>,
) -> Result<Vec<T>, Failure> {
    let one = |(index, table): (usize, &WrittenTable)| {
        let setting = format!("{list}[{index}] ({})", table.origin);
        let read = table.fields.clone().try_into().map_err(|error: toml::de::Error| error.message().to_owned());
        read.and_then(|fields| meant(fields, setting.clone()))
            .map_err(|problem| Failure::new(ErrorCode::InvalidSettings, format!("{setting}: {problem}")))
    };
    written.iter().enumerate().map(one).collect()
}

/// One table of `[[limits]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLimit {
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    per: Option<String>,
    calls: Option<u64>,
    bytes: Option<toml::Value>,
    window: Option<String>,
    rate: Option<f64>,
    burst: Option<u32>,
    concurrent: Option<usize>,
}

fn quota(written: WrittenLimit, setting: String) -> Result<QuotaRule, String> {
    let per = match written.per.as_deref().unwrap_or("execution") {
        "tool" => Per::Tool,
        "server" => Per::Server,
        "session" => Per::Session,
        "principal" => Per::Principal,
        "execution" => Per::Execution,
        other => return Err(format!("per: {other:?} is none of tool, server, session, principal, execution")),
    };
    let bytes = written.bytes.map(|value| match &value {
        toml::Value::Integer(bytes) => u64::try_from(*bytes).map_err(|_| "bytes: must not be negative".to_owned()),
        toml::Value::String(text) => outboard_config::size(text).ok_or(format!("bytes: {text:?} is not a size")),
        other => Err(format!("bytes: expected a size, found {}", other.type_str())),
    });
    let span = |text: &String| outboard_config::span(text).ok_or(format!("window: {text:?} is not a time span"));
    let rate = written.rate.map(|per_second| match per_second {
        rate if rate.is_finite() && rate > 0.0 => {
            let usual = Rate::per_second(rate);
            Ok(Rate { burst: written.burst.unwrap_or(usual.burst).max(1), ..usual })
        }
        _ => Err("rate: expected more than 0 calls a second".to_owned()),
    });
    let rule = QuotaRule {
        tools: written.tools,
        calls: written.calls,
        bytes: bytes.transpose()?,
        window: written.window.as_ref().map(span).transpose()?,
        rate: rate.transpose()?,
        concurrent: written.concurrent,
        ..QuotaRule::new(setting, per)
    };
    if rule.calls.is_none() && rule.bytes.is_none() && rule.rate.is_none() && rule.concurrent.is_none() {
        return Err("limits nothing; set calls, bytes, rate or concurrent".into());
    }
    Ok(rule)
}

/// One table of `[[prices]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPrice {
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    per_call: f64,
    #[serde(default)]
    per_1k_tokens: f64,
}

fn price(written: WrittenPrice, _setting: String) -> Result<Price, String> {
    let amount = |name: &str, units| Money::from_units(units).ok_or(format!("{name}: {units} is not an amount"));
    Ok(Price {
        tools: written.tools,
        per_call: amount("per_call", written.per_call)?,
        per_1k_tokens: amount("per_1k_tokens", written.per_1k_tokens)?,
    })
}
