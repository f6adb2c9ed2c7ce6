//! Words that people use for one another when they speak of tools.
//!
//! Applied to the query only and at low weight, so that a tool that says the word itself comes first.

use crate::words::Stems;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Each line is one group; a word may stand in several.
const GROUPS: &[&[&str]] = &[
    // What is done.
    &["create", "add", "new", "make", "insert", "build", "generate"],
    &["delete", "remove", "drop", "erase", "destroy"],
    &["clear", "reset", "empty", "purge"],
    &["get", "fetch", "retrieve", "read", "obtain", "show", "view", "load"],
    &["list", "enumerate", "browse", "show"],
    &["find", "search", "lookup", "query", "locate", "look", "discover", "seek"],
    &["update", "edit", "modify", "change", "patch", "replace", "alter", "revise"],
    &["send", "post", "publish", "submit", "notify", "deliver"],
    &["write", "save", "store", "record", "put"],
    &["run", "execute", "launch", "start", "invoke", "perform"],
    &["start", "begin", "initiate", "open"],
    &["stop", "end", "finish", "terminate", "kill", "close"],
    &["cancel", "abort", "revoke"],
    &["check", "verify", "validate", "test", "inspect", "assert", "confirm"],
    &["analyze", "analysis", "examine", "evaluate", "assess", "inspect"],
    &["convert", "transform", "translate", "export"],
    &["calculate", "compute", "calculator", "math", "evaluate"],
    &["download", "fetch", "pull"],
    &["upload", "push", "attach"],
    &["move", "rename", "relocate"],
    &["copy", "duplicate", "clone"],
    &["merge", "combine", "join", "concatenate"],
    &["subscribe", "follow", "watch"],
    &["schedule", "plan", "arrange"],
    &["book", "reserve", "reservation", "booking"],
    &["buy", "purchase", "order", "shop", "shopping", "checkout"],
    &["transfer", "send", "wire", "remit"],
    &["play", "listen", "watch", "stream"],
    &["pay", "payment", "transfer", "transaction", "money"],
    &["recommend", "suggest", "recommendation", "suggestion"],
    &["summarize", "summary", "report", "digest"],
    &["visualize", "chart", "plot", "graph", "visualization", "diagram"],
    &["draw", "paint", "sketch"],
    &["click", "press", "tap"],
    &["fill", "type", "enter", "input"],
    &["capture", "take", "grab", "snapshot", "screenshot"],
    &["go", "navigate", "visit", "browse"],
    &["allow", "grant", "permit"],
    &["login", "signin", "authenticate", "auth"],
    &["display", "render", "show"],
    &["compare", "comparison", "versus", "difference", "diff"],
    &["extract", "scrape", "parse"],
    // What it is done to.
    &["document", "doc", "page", "note"],
    &["directory", "folder", "dir"],
    &["path", "location"],
    &["repository", "repo"],
    &["message", "msg", "chat", "dm"],
    &["email", "mail", "gmail", "inbox"],
    &["database", "db", "sql"],
    &["image", "picture", "photo", "img"],
    &["video", "clip", "movie"],
    &["movie", "film", "cinema"],
    &["song", "music", "track", "audio", "artist", "album"],
    &["website", "web", "site", "url", "webpage", "page", "internet"],
    &["link", "url", "href"],
    &["browser", "web", "page", "tab"],
    &["issue", "bug", "ticket", "task"],
    &["task", "todo", "reminder"],
    &["event", "meeting", "appointment", "calendar"],
    &["news", "headline", "article", "latest"],
    &["paper", "article", "publication", "academic", "research", "literature", "scholar"],
    &["price", "cost", "quote", "fee", "rate"],
    &["stock", "share", "equity", "ticker", "symbol"],
    &["crypto", "cryptocurrency", "bitcoin", "coin", "token"],
    &["company", "business", "firm", "corporation"],
    &["weather", "forecast", "temperature", "climate", "rain"],
    &["place", "location", "poi", "spot", "venue", "attraction"],
    &["attraction", "museum", "gallery", "park", "garden", "landmark", "sight", "place", "poi"],
    &["concert", "festival", "show", "performance", "match", "event", "ticket"],
    &["availability", "available", "free", "vacant", "slot"],
    &["house", "apartment", "flat", "home", "property", "estate"],
    &["rent", "rental", "lease"],
    &["laptop", "computer", "pc", "phone", "smartphone", "device", "electronics"],
    &["drink", "alcohol", "liquor", "beverage", "bar"],
    &["city", "town"],
    &["nearby", "near", "around", "close"],
    &["coordinate", "latitude", "longitude", "geocode", "location", "gps"],
    &["direction", "route", "navigation", "way", "path"],
    &["drive", "driving", "car", "vehicle"],
    &["walk", "walking", "foot", "pedestrian"],
    &["bike", "bicycle", "cycling", "bicycling"],
    &["flight", "plane", "airline", "airport", "fly"],
    &["hotel", "accommodation", "lodging", "stay"],
    &["restaurant", "dining", "food", "eat"],
    &["recipe", "cook", "dish", "meal"],
    &["train", "railway", "rail"],
    &["trip", "travel", "journey", "tour", "vacation"],
    &["user", "account", "member", "profile"],
    &["people", "person", "contact"],
    &["team", "group", "organization", "org"],
    &["channel", "room", "conversation"],
    &["branch", "ref"],
    &["code", "program", "script", "source"],
    &["function", "method"],
    &["error", "exception", "failure", "bug"],
    &["log", "history", "trace"],
    &["config", "configuration", "setting", "preference", "option"],
    &["environment", "env", "variable"],
    &["information", "info", "detail", "metadata"],
    &["statistic", "stat", "metric"],
    &["time", "clock", "hour", "timezone"],
    &["date", "day", "calendar"],
    &["currency", "exchange", "forex", "money"],
    &["language", "translation", "translate"],
    &["question", "answer", "ask", "faq"],
    &["spreadsheet", "sheet", "excel", "xlsx"],
    &["presentation", "slide", "ppt", "powerpoint"],
    &["medicine", "drug", "medication", "pharmacy", "prescription"],
    &["doctor", "physician", "health", "medical", "clinic"],
    &["job", "career", "employment", "position"],
    &["product", "item", "goods"],
    &["dependency", "package", "library", "module"],
    &["element", "selector", "button", "node"],
    &["dropdown", "select", "menu", "option"],
    &["authentication", "auth", "credential"],
    &["password", "secret", "credential"],
    &["application", "app"],
    &["kubernetes", "k8s", "cluster"],
    &["container", "docker"],
    &["server", "host", "machine"],
    &["average", "mean"],
    &["maximum", "max", "highest"],
    &["minimum", "min", "lowest"],
    &["identifier", "id"],
    &["parameter", "param", "argument", "arg"],
    // Offices.
    &["presentation", "deck", "slideshow", "slides"],
    &["spreadsheet", "workbook", "worksheet"],
    &["table", "grid"],
    &["memo", "note", "jot"],
    &["invoice", "bill", "receipt"],
    &["customer", "client", "buyer"],
    &["lead", "prospect", "opportunity", "deal"],
    &["employee", "staff", "worker", "colleague"],
    &["boss", "manager", "supervisor"],
    &["attachment", "enclosure", "attach"],
    &["comment", "remark", "feedback", "annotation"],
    &["label", "tag", "category"],
    &["assign", "delegate", "owner"],
    &["deadline", "due"],
    &["approve", "accept", "confirm"],
    &["reject", "decline", "refuse", "deny"],
    &["invite", "invitation", "attendee", "guest"],
    &["reply", "answer", "respond", "response"],
    &["archive", "backup"],
    &["sign", "signature"],
    &["budget", "spending", "expense", "cost"],
    &["sales", "revenue", "income", "earnings"],
    &["contract", "agreement"],
    // Software and its running.
    &["deploy", "release", "rollout", "ship"],
    &["pipeline", "workflow", "build"],
    &["job", "run", "task"],
    &["alert", "alarm", "warning", "notification"],
    &["incident", "outage"],
    &["oncall", "pager", "page"],
    &["crash", "exception", "error", "stacktrace"],
    &["monitor", "watch", "observe", "track"],
    &["metric", "measurement", "telemetry"],
    &["quota", "limit", "usage", "capacity"],
    &["permission", "access", "privilege", "right", "policy"],
    &["role", "permission"],
    &["lock", "protect", "protection", "restrict"],
    &["encrypt", "encryption", "cipher"],
    &["leak", "expose", "detect"],
    &["vulnerability", "cve", "weakness", "security"],
    &["gpu", "hardware", "accelerator"],
    &["cpu", "processor"],
    &["memory", "ram"],
    &["disk", "storage", "volume", "drive"],
    &["vm", "instance", "machine"],
    &["cloud", "hosting"],
    &["domain", "dns", "hostname"],
    &["plugin", "extension", "addon"],
    &["theme", "template", "layout"],
    &["version", "revision", "release"],
    &["commit", "changeset", "change"],
    &["changelog", "commit", "history"],
    &["review", "comment", "feedback"],
    &["field", "column", "attribute", "property"],
    &["row", "record", "entry", "line"],
    &["schema", "structure", "mapping"],
    &["embedding", "vector"],
    &["prompt", "instruction"],
    &["model", "llm"],
    &["tree", "hierarchy", "nested", "recursive"],
    &["border", "stroke", "outline"],
    &["color", "colour", "fill"],
    &["font", "typeface", "text"],
    &["shape", "rectangle", "circle"],
    &["device", "sensor", "entity"],
    &["light", "lamp", "bulb"],
    &["thermostat", "heating", "climate"],
    &["press", "news"],
    &["keyword", "term", "phrase"],
    &["reaction", "emoji", "react"],
    &["conversation", "thread", "discussion", "topic"],
    &["investigate", "research", "study", "investigation"],
    &["overview", "summary", "status"],
    &["funnel", "conversion"],
    &["sync", "synchronize", "refresh"],
    &["restart", "reboot", "reset"],
    &["pause", "suspend", "hold"],
    &["resume", "continue", "unpause"],
    &["enable", "activate", "on"],
    &["disable", "deactivate", "off"],
    &["import", "load", "ingest"],
    &["export", "dump", "save"],
    &["sort", "order", "rank"],
    &["count", "total", "number"],
    &["random", "shuffle"],
    &["distance", "far", "length"],
    &["duration", "long", "elapsed"],
    // Everyday matters.
    &["shop", "store", "market"],
    &["parcel", "package", "shipment", "delivery"],
    &["cart", "basket"],
    &["discount", "coupon", "deal", "offer"],
    &["refund", "return", "reimburse"],
    &["insurance", "policy", "coverage"],
    &["loan", "mortgage", "credit"],
    &["tax", "vat", "duty"],
    &["salary", "wage", "pay"],
    &["invest", "investment", "portfolio", "fund"],
    &["exercise", "workout", "fitness", "training"],
    &["diet", "nutrition", "calorie", "food"],
    &["illness", "disease", "symptom", "condition"],
    &["lawyer", "attorney", "legal", "law"],
    &["school", "course", "class", "lesson", "education"],
    &["student", "pupil", "learner"],
    &["teacher", "instructor", "tutor"],
    &["game", "match", "sport"],
    &["player", "athlete"],
    &["league", "tournament", "championship"],
    &["score", "result", "standing"],
    &["book", "novel", "author"],
    &["quote", "saying"],
    &["joke", "humor", "funny"],
    &["pet", "animal", "dog", "cat"],
    &["cab", "taxi", "ride"],
    &["bus", "transit", "metro", "subway"],
    &["parking", "park", "garage"],
    &["fuel", "gas", "petrol"],
    &["nearest", "nearby", "closest"],
    &["cheap", "cheapest", "price", "low"],
    &["sunrise", "sunset", "astronomy"],
    &["humidity", "wind", "weather"],
    &["holiday", "vacation", "leave"],
    &["tourist", "sightseeing", "attraction"],
    &["child", "kid", "children"],
];

/// Abbreviations of several words, spelt out.
const PHRASES: &[(&[&str], &str)] = &[
    (&["pull", "request"], "pr"),
    (&["merge", "request"], "mr"),
    (&["direct", "message"], "dm"),
    (&["artificial", "intelligence"], "ai"),
    (&["point", "interest"], "poi"),
    (&["point", "interest"], "attraction"),
    (&["point", "interest"], "landmark"),
    (&["point", "interest"], "sightseeing"),
    (&["large", "language", "model"], "llm"),
    (&["continuous", "integration"], "ci"),
    (&["user", "interface"], "ui"),
    (&["machine", "learning"], "ml"),
    (&["knowledge", "base"], "kb"),
];

/// The stems of the abbreviations.
static SHORT: LazyLock<Vec<(String, usize)>> = LazyLock::new(|| {
    let stems = Stems::default();
    PHRASES.iter().enumerate().map(|(at, (_, short))| (stems.stem(short), at)).collect()
});

/// Stem to the stems that may stand for it.
static TABLE: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let stems = Stems::default();
    let mut table: HashMap<String, Vec<String>> = HashMap::new();
    for group in GROUPS {
        let group: Vec<String> = group.iter().map(|word| stems.stem(word)).collect();
        for stem in &group {
            let others = table.entry(stem.clone()).or_default();
            others.extend(group.iter().filter(|other| *other != stem).cloned());
        }
    }
    table.values_mut().for_each(|others| {
        others.sort();
        others.dedup();
    });
    table
});

/// The stems that may stand for a stem, itself excluded.
pub(crate) fn of(stem: &str) -> &'static [String] {
    TABLE.get(stem).map_or(&[], Vec::as_slice)
}

/// The words that an abbreviation, given as its stem, is short for.
pub(crate) fn spelt_out(stem: &str) -> impl Iterator<Item = &'static str> {
    SHORT
        .iter()
        .filter(move |(short, _)| short == stem)
        .map(|(_, at)| &PHRASES[*at])
        .flat_map(|(long, _)| long.iter().copied())
}

/// The abbreviations whose words follow one another in `words`, in order.
pub(crate) fn abbreviations<'a>(words: &'a [&'a str]) -> impl Iterator<Item = &'static str> + 'a {
    PHRASES.iter().filter(|(long, _)| words.windows(long.len()).any(|seen| seen == *long)).map(|(_, short)| *short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_work_through_stems() {
        let stems = Stems::default();
        assert!(of(&stems.stem("repositories")).contains(&stems.stem("repo")));
        assert!(of("zebra").is_empty());
    }

    #[test]
    fn abbreviations_go_both_ways() {
        assert_eq!(spelt_out("pr").collect::<Vec<_>>(), ["pull", "request"]);
        assert_eq!(abbreviations(&["open", "pull", "request"]).collect::<Vec<_>>(), ["pr"]);
    }
}
