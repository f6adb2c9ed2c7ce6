//! What may be shown of a server, and how a secret that the environment holds becomes a reference to it.

use crate::vars::{is_name, references};
use crate::{Server, Transport};
use url::Url;

/// Stands for what is not shown.
pub const MASK: &str = "***";

/// Parts of names that promise a secret.
const TELLING: &[&str] = &[
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "auth",
    "credential",
    "bearer",
    "cookie",
    "pat",
    "pwd",
];

/// How well-known tokens begin.
const BEGINNINGS: &[&str] =
    &["ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "sk-", "xoxb-", "xoxp-", "akia", "eyj", "aiza", "hf_", "npm_"];

fn telling(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| {
        TELLING.iter().any(|word| part == *word || (word.len() > 3 && part.contains(word)) || part.ends_with("key"))
    })
}

/// Whether a text looks like a secret by itself.
fn secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if text.len() >= 12 && BEGINNINGS.iter().any(|start| lower.starts_with(start)) {
        return true;
    }
    let alike = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '=' | '/'));
    let (digits, letters) =
        (text.chars().filter(char::is_ascii_digit).count(), text.chars().filter(char::is_ascii_alphabetic).count());
    text.len() >= 24 && alike && digits >= 4 && letters >= 4 && text.matches(['/', '-']).count() <= 4
}

/// A value of `env` or of a header: shown only where it is made of references alone.
pub fn masked_value(value: &str) -> String {
    let mut rest = value.to_owned();
    for name in references(value) {
        rest = rest.replace(&format!("${{{name}}}"), "");
    }
    let plain = rest.trim();
    if plain.is_empty() || plain == "Bearer" { value.to_owned() } else { MASK.to_owned() }
}

/// Arguments with what is or may be a secret masked.
pub fn masked_arguments(args: &[String]) -> Vec<String> {
    let before = std::iter::once("").chain(args.iter().map(String::as_str));
    args.iter().zip(before).map(|(arg, before)| masked_argument(before, arg)).collect()
}

/// One argument, with the one before it.
pub fn masked_argument(before: &str, argument: &str) -> String {
    let flag = before.starts_with('-') && !before.contains('=') && telling(before);
    if argument.contains("${") && masked_value(argument) == argument {
        return argument.to_owned();
    }
    if (flag && !argument.starts_with('-')) || secret(argument) {
        return MASK.to_owned();
    }
    match argument.split_once(['=', ':']) {
        Some(_) if argument.contains("://") => masked_url(argument),
        Some((name, value)) if telling(name) && !value.is_empty() => {
            format!("{}{}", &argument[..=name.len()], masked_value(value.trim()))
        }
        Some((name, value)) if secret(value.trim()) => format!("{}{MASK}", &argument[..=name.len()]),
        _ => argument.to_owned(),
    }
}

/// An address without its password and with the secrets of its query masked.
pub fn masked_url(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return if text.contains('@') || text.contains('?') { MASK.to_owned() } else { text.to_owned() };
    };
    if url.password().is_some() {
        let _ = url.set_password(Some(MASK));
    }
    if url.query().is_some() {
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let shown = |(name, value): (String, String)| {
            let hide = telling(&name) || secret(&value);
            (name, if hide { MASK.to_owned() } else { value })
        };
        url.query_pairs_mut().clear().extend_pairs(pairs.into_iter().map(shown));
    }
    let path: Vec<String> =
        url.path().split('/').map(|part| if secret(part) { MASK.to_owned() } else { part.to_owned() }).collect();
    url.set_path(&path.join("/"));
    url.to_string().replace("%2A", "*")
}

/// Puts `${NAME}` where a value of `env`, of a header or an argument equals a variable: the one of the same name,
/// else one whose name promises a secret. Gives the names that were used.
pub fn with_references(server: &mut Server, environment: &[(String, String)]) -> Vec<String> {
    let mut used = Vec::new();
    let mut replace = |name: &str, value: &mut String| {
        if let Some((variable, reference)) = reference(name, value, environment) {
            *value = reference;
            used.push(variable);
        }
    };
    match &mut server.transport {
        Transport::Stdio { args, env, .. } => {
            env.iter_mut().for_each(|(name, value)| replace(name, value));
            args.iter_mut().for_each(|value| replace("", value));
        }
        Transport::Http { headers, .. } => headers.iter_mut().for_each(|(name, value)| replace(name, value)),
    }
    used.sort();
    used.dedup();
    used
}

fn reference(name: &str, value: &str, environment: &[(String, String)]) -> Option<(String, String)> {
    let (scheme, plain) = match value.split_once(' ') {
        Some((scheme, plain)) if scheme.eq_ignore_ascii_case("bearer") => (Some(scheme), plain),
        _ => (None, value),
    };
    let usable = |known: &str| is_name(known) && !plain.is_empty();
    let same = environment.iter().find(|(known, held)| known == name && held == plain && usable(known));
    let telling = || {
        let held =
            |(known, held): &&(String, String)| held == plain && plain.len() >= 12 && telling(known) && usable(known);
        environment.iter().filter(held).min()
    };
    let (known, _) = same.or_else(telling)?;
    let reference = format!("${{{known}}}");
    Some((known.clone(), scheme.map_or(reference.clone(), |scheme| format!("{scheme} {reference}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(masked_value("hunter2"), "***");
        assert_eq!(masked_value("Bearer ${TOKEN}"), "Bearer ${TOKEN}");
        assert_eq!(masked_value("Bearer abc"), "***");
        let args = ["-y", "server-x", "--api-key", "short", "--token=abc", "-e", "API_KEY=abc", "ghp_0123456789abcdef"];
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let shown = ["-y", "server-x", "--api-key", "***", "--token=***", "-e", "API_KEY=***", "***"];
        assert_eq!(masked_arguments(&args), shown);
        assert_eq!(masked_argument("", "postgres://me:pw@db/x"), "postgres://me:***@db/x");
        assert_eq!(masked_argument("--header", "Authorization: Bearer x"), "Authorization:***");
        assert_eq!(
            masked_argument("", "@modelcontextprotocol/server-filesystem"),
            "@modelcontextprotocol/server-filesystem"
        );
        assert_eq!(masked_url("https://x.example/mcp?api_key=abc&v=1"), "https://x.example/mcp?api_key=***&v=1");
    }

    #[test]
    fn only_a_value_that_is_a_secret_by_name_becomes_a_reference() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let environment = [
            pair("SHLVL", "1"),
            pair("GH_TOKEN", "abcdefghijkl"),
            pair("EDITOR", "vim-vim-vim-vim"),
            pair("MODE", "dev"),
        ];
        let of = |name: &str, value: &str| reference(name, value, &environment).map(|(_, reference)| reference);
        assert_eq!(of("DEBUG", "1"), None);
        assert_eq!(of("GITHUB_TOKEN", "abcdefghijkl").as_deref(), Some("${GH_TOKEN}"));
        assert_eq!(of("Authorization", "Bearer abcdefghijkl").as_deref(), Some("Bearer ${GH_TOKEN}"));
        assert_eq!(of("MODE", "dev").as_deref(), Some("${MODE}"));
        assert_eq!(of("X", "vim-vim-vim-vim"), None);
    }
}
