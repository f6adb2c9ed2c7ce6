//! How many tokens a model reads at each detail, beside the definitions themselves.

use outboard_catalog::{Catalogue, Server, Tool};
use outboard_codegen::{details, summary};
use outboard_types::Language;

fn count_of(catalogue: &Catalogue, is: impl Fn(&Server, &Tool) -> bool) -> usize {
    catalogue.servers.iter().map(|server| server.tools.iter().filter(|tool| is(server, tool)).count()).sum()
}

/// One line a detail and language. The definitions are counted without the spaces between their parts.
pub(crate) fn print(catalogue: &Catalogue) {
    let counter = tiktoken_rs::o200k_base().unwrap();
    let count = |text: &str| counter.encode_ordinary(text).len();
    let all = |text: &dyn Fn(&Server, &Tool) -> String| -> usize {
        let tools = catalogue.servers.iter().flat_map(|server| server.tools.iter().map(move |tool| (server, tool)));
        tools.map(|(server, tool)| count(&text(server, tool))).sum()
    };
    let raw = all(&|_, tool| serde_json::from_str::<serde_json::Value>(tool.raw.get()).unwrap().to_string());
    println!("definitions: {raw} tokens");
    for language in [Language::TypeScript, Language::Python] {
        let name = |server: &Server, tool: &Tool| match language {
            Language::Python => format!("{}.{}", server.names.package, tool.names.python),
            _ => format!("{}.{}", server.names.namespace, tool.names.typescript),
        };
        let names = all(&name);
        let summaries = all(&|server, tool| summary(server, tool, language));
        let full = all(&|server, tool| details(server, tool, language));
        for (what, tokens) in [("names", names), ("summary", summaries), ("full", full)] {
            println!("{} {what}: {tokens} tokens, {:.1} %", language.as_str(), 100.0 * tokens as f64 / raw as f64);
        }
        // What `full` does not hold lies in the definition beside the module, and `full` says so.
        let shortened = count_of(catalogue, |server, tool| details(server, tool, language).contains("Shortened;"));
        println!("{} full, but shortened: {shortened} tools", language.as_str());
    }
}
